"""The evaluations of a model version: datasets made from it whose rows say which ``model`` they are of."""

from typing import Any

from datasets_registry.registry import Registry
from datasets_registry.row_types import ROW_TYPES, rows_of
from datasets_registry.scanning import columns, parquet, records, scanning
from datasets_registry.version import Version


def evaluations(registry: Registry, version: Version) -> list[dict[str, Any]]:
    """Every dataset version with rows about ``version``, with its figures where its rows are figures.

    They are those that took ``version`` as an input, and those that were computed of them.
    """
    found: dict[str, dict[str, Any]] = {}
    waiting = [version]
    while waiting:
        for one in registry.built_from(waiting.pop(0)):
            told = {} if str(one) in found else _about(registry, one, version.name)
            if told:
                found[str(one)] = told
                waiting.append(one)
    return list(found.values())


def _about(registry: Registry, version: Version, model: str) -> dict[str, Any]:
    """What the rows of ``version`` say of ``model``; empty where none does."""
    row = ROW_TYPES.get(rows_of(version)) if version.kind == "dataset" else None
    if row is None or "model" not in row.model_fields:
        return {}
    is_figures = "metric" in row.model_fields
    source = f"FROM {parquet(registry.files(version))} WHERE model = ?"
    with scanning(registry.state) as connection:
        wanted = "* EXCLUDE (model)" if is_figures else "1 AS one"
        order = f"ORDER BY {columns(row.key)}" if is_figures else ""
        found = records(connection, f"SELECT {wanted} {source} {order}", [model])
    told = {"version": str(version), "status": version.status, "data_version": version.data_version}
    return {**told, "rows": len(found), "figures": found if is_figures else []} if found else {}
