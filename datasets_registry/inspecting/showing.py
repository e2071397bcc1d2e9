"""What one version is, as plain values: its columns, checks, inputs, settings and some rows."""

from typing import Any

from datasets_registry.inspecting.facts import model_facts
from datasets_registry.registry import Registry
from datasets_registry.rows.row import Row, arrow_schema
from datasets_registry.rows.types import row_type
from datasets_registry.version import Version
from datasets_registry.views.scanning import columns, parquet, records, scanning


def show_version(registry: Registry, version: Version, num_rows: int) -> dict[str, Any]:
    """Everything about ``version``; of a dataset its first ``num_rows`` rows, of a model its card."""
    how = registry.derivation(version)
    told = {
        "name": version.name,
        "version": version.number,
        "kind": version.kind,
        "status": version.status,
        "data_version": version.data_version,
        "created_at": version.created_at,
        "code_version": how.code_version,
        "run_id": how.run_id,
        "inputs": [str(one) for one in how.inputs],
        "settings": dict(how.settings),
        "checks": [one.model_dump() for one in registry.checks(version)],
    }
    if version.kind == "model":
        return told | {"model": model_facts(registry, version)}
    return told | _dataset(registry, version, num_rows)


def _dataset(registry: Registry, version: Version, num_rows: int) -> dict[str, Any]:
    kind = row_type(version)
    return {
        "rows": version.num_rows,
        "grain": kind.grain,
        "key": list(kind.key),
        "labels": list(kind.label_columns),
        "columns": _columns(kind),
        "sample": _sample(registry, version, num_rows),
    }


def _columns(kind: type[Row]) -> list[dict[str, Any]]:
    return [
        {
            "name": field.name,
            "type": str(field.type),
            "nullable": field.nullable,
            "meaning": kind.model_fields[field.name].description,
        }
        for field in arrow_schema(kind)
    ]


def _sample(registry: Registry, version: Version, num_rows: int) -> list[dict[str, Any]]:
    """The first rows in key order; the files are in key order, so the first ones hold them."""
    found: list[dict[str, Any]] = []
    with scanning(registry.state) as connection:
        for path in registry.files(version):
            wanted = num_rows - len(found)
            if wanted <= 0:
                break
            order = columns(row_type(version).key)
            query = f"SELECT * FROM {parquet([path])} ORDER BY {order} LIMIT {int(wanted)}"
            found += records(connection, query)
    return found
