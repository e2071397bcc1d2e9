"""Two versions of a dataset: rows that came, went and changed, labels that flipped, and why."""

from collections.abc import Mapping
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from datasets_registry.inspecting.comparison import ChangedRow
from datasets_registry.inspecting.difference import difference
from datasets_registry.inspecting.row_search import joined_key
from datasets_registry.version import Version
from quality.evaluation.report.words import Sides, sides
from studio.pages.asked import most_rows, registry_of, version_of, words_of
from studio.rendering import page

ROWS = 20


@dataclass(frozen=True)
class RowChange:
    """A row in both versions, with each changed column's values side by side."""

    id: str
    columns: Mapping[str, Sides]


def compare(request: Request) -> Response:
    """The version and the one ``with``, else the one before it; raises BadInput where their keys differ."""
    registry = registry_of(request)
    after, words = version_of(request, registry), words_of(request)
    before = (
        registry.resolve(words["with"]) if "with" in words else _earlier(registry.versions(after.name), after)
    )
    values = {"after": after, "before": before, "others": registry.versions(after.name)}
    if before is None:
        return page("compare.html", {**values, "difference": None, "rows": ()})
    differs = difference(registry, before, after, most_rows(request) or ROWS)
    rows = {
        "added": list(map(joined_key, differs.added)),
        "dropped": list(map(joined_key, differs.dropped)),
        "rows": list(map(_change, differs.sample)),
    }
    return page("compare.html", {**values, **rows, "difference": differs})


def _earlier(versions: list[Version], after: Version) -> Version | None:
    return next((each for each in reversed(versions) if each.number < after.number), None)


def _change(row: ChangedRow) -> RowChange:
    return RowChange(
        joined_key(row.key),
        {name: sides(_text(change.before), _text(change.after)) for name, change in row.changes.items()},
    )


def _text(value: object) -> str:
    return "" if value is None else str(value)
