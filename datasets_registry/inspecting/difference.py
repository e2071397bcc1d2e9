"""All that differs between two versions of a dataset, as plain values for tables and JSON."""

from typing import Any

from datasets_registry.errors import BadInput
from datasets_registry.inspecting.diff import Comparison
from datasets_registry.inspecting.flips import flip_reasons
from datasets_registry.inspecting.recipe_changes import recipe_changes
from datasets_registry.registry import Registry
from datasets_registry.version import Version
from datasets_registry.views.scanning import scanning


def difference(registry: Registry, before: Version, after: Version, num_rows: int = 0) -> dict[str, Any]:
    """Rows, columns and labels that differ, why labels flipped, and ``num_rows`` changed rows."""
    for one in (before, after):
        if one.kind != "dataset":
            raise BadInput(f"{one} is a model: `trimtab lineage {one}` shows what it was made from")
    with scanning(registry.state) as connection:
        found = Comparison(connection, registry, before, after)
        labels = {one: found.flips(one) for one in found.labels}
        why = flip_reasons(registry, found) if any(labels.values()) else None
        return {
            "name": after.name,
            "before": before.number,
            "after": after.number,
            "rows": found.counts(),
            "columns": _columns(found),
            "changed_columns": found.changed_columns(),
            "labels": labels,
            "calls": found.reparsed(),
            "flips": why,
            "recipes": recipe_changes(registry, before, after),
            "sample": found.sample(num_rows),
        }


def _columns(found: Comparison) -> dict[str, list[str]]:
    old, new = found.before.types, found.after.types
    return {
        "added": [one for one in new if one not in old],
        "dropped": [one for one in old if one not in new],
    }
