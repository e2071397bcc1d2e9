"""The page of a report on oversight: who was found out, and each figure with its interval."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from datasets_registry.errors import BadInput
from datasets_registry.registry import Registry
from datasets_registry.rows.oversight.report import OversightFigure
from datasets_registry.rows.types import rows_of
from datasets_registry.version import Version
from quality.evaluation.report.marks import LEAST_ITEMS, Drawn, Mark, drawn, number, shown_value
from studio.pages.asked import registry_of, version_of
from studio.rendering import page

# figures that are differences, which are drawn around zero
DIFFERENCES = {"difference", "gap", "debate_gain", "overconfidence", "gain"}


@dataclass(frozen=True)
class Shown:
    """A figure with its interval as it is drawn; None where it has none."""

    row: OversightFigure
    mark: Mark
    picture: Drawn | None
    bounds: str


def oversight(request: Request) -> Response:
    """The report; raises BadInput for a version of other rows."""
    registry = registry_of(request)
    version = version_of(request, registry)
    figures = _figures(registry, version)
    return page(
        "oversight.html",
        {
            "version": version,
            "found": [shown.row for of_one in figures.values() for shown in of_one if shown.row.flagged],
            "figures": figures,
            "least": LEAST_ITEMS,
        },
    )


def _figures(registry: Registry, version: Version) -> Mapping[str, Sequence[Shown]]:
    """The figures by whom they are of."""
    if version.kind != "dataset" or rows_of(version) != OversightFigure.dataset:
        raise BadInput(f"{version} holds no report on oversight: look at /version/{version}")
    shown: dict[str, list[Shown]] = {}
    for row in registry.rows(OversightFigure, version):
        shown.setdefault(f"{row.role} {row.of}: {_ON[row.kind]}", []).append(_shown(row))
    return dict(sorted(shown.items()))


_ON = {"passage": "hidden passages", "chains": "worked solutions", "problem": "problems"}


def _shown(row: OversightFigure) -> Shown:
    value = shown_value(row.value, row.num_items)
    mark = Mark(row.figure, value, row.low, row.high, row.num_items, "worse" if row.flagged else "")
    picture = drawn("", (mark,), around_zero=row.figure in DIFFERENCES) if mark.has_interval else None
    limits = (("at least", row.at_least), ("at most", row.at_most))
    bounds = " and ".join(f"{side} {number(limit)}" for side, limit in limits if limit is not None)
    return Shown(row, mark, picture, bounds)
