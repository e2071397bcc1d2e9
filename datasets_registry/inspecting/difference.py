"""All that differs between two versions of a dataset."""

from collections.abc import Mapping

from datasets_registry.errors import BadInput
from datasets_registry.inspecting.comparison import CallCounts, ChangedRow, Comparison, Flip, RowCounts
from datasets_registry.inspecting.flips import FlipReasons, flip_reasons
from datasets_registry.inspecting.recipe_changes import RecipeChange, recipe_changes
from datasets_registry.inspecting.record import Record
from datasets_registry.registry import Registry
from datasets_registry.version import Version
from datasets_registry.views.scanning import scanning


class ColumnNames(Record):
    """The columns that only one of the versions has."""

    added: tuple[str, ...]
    dropped: tuple[str, ...]


class Difference(Record):
    """What differs between two versions.

    ``changed_columns`` counts the rows in which each column changed, and ``labels`` has the flips of each
    label. ``added`` and ``dropped`` are keys of rows that only one has. ``calls`` is None where the rows name
    no model calls, and ``flips`` where no label flipped.
    """

    name: str
    before: int
    after: int
    rows: RowCounts
    columns: ColumnNames
    changed_columns: Mapping[str, int]
    labels: Mapping[str, tuple[Flip, ...]]
    calls: CallCounts | None
    flips: FlipReasons | None
    recipes: tuple[RecipeChange, ...]
    added: tuple[Mapping[str, object], ...]
    dropped: tuple[Mapping[str, object], ...]
    sample: tuple[ChangedRow, ...]


def difference(registry: Registry, before: Version, after: Version, num_rows: int = 0) -> Difference:
    """Rows, columns and labels that differ, why labels flipped, and ``num_rows`` rows of each kind.

    Raises BadInput for models and for rows with different keys, BrokenObject where a file cannot be read.
    """
    for version in (before, after):
        if version.kind != "dataset":
            raise BadInput(f"{version} is a model: `trimtab lineage {version}` shows what it was made from")
    with scanning(registry.state) as connection:
        comparison = Comparison(connection, registry, before, after)
        labels = {label: comparison.flips(label) for label in comparison.labels}
        return Difference(
            name=after.name,
            before=before.number,
            after=after.number,
            rows=comparison.counts(),
            columns=_column_names(comparison),
            changed_columns=comparison.changed_columns(),
            labels=labels,
            calls=comparison.call_counts(),
            flips=flip_reasons(registry, comparison) if any(labels.values()) else None,
            recipes=recipe_changes(registry, before, after),
            added=comparison.added(num_rows),
            dropped=comparison.dropped(num_rows),
            sample=comparison.sample(num_rows),
        )


def _column_names(comparison: Comparison) -> ColumnNames:
    old, new = comparison.before.types, comparison.after.types
    return ColumnNames(
        added=tuple(name for name in new if name not in old),
        dropped=tuple(name for name in old if name not in new),
    )
