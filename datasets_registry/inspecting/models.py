"""What one model version is, as plain values: data, chain of models, evaluations, checks and files."""

from pathlib import Path
from typing import Any

from datasets_registry.errors import BadInput
from datasets_registry.inspecting.chain import told_chain
from datasets_registry.inspecting.facts import is_given, manifest_of, model_facts
from datasets_registry.inspecting.listing import behind
from datasets_registry.registry import Registry
from datasets_registry.rows.types import ROW_TYPES, rows_of
from datasets_registry.version import Version
from datasets_registry.views.scanning import columns, parquet, records, scanning


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


def require_model(version: Version) -> Version:
    """``version`` itself; raises BadInput where it is a dataset."""
    if version.kind != "model":
        raise BadInput(f"{version} is a dataset, no model: `trimtab show {version}` shows it")
    return version


def show_model(registry: Registry, version: Version) -> dict[str, Any]:
    """Everything about ``version``, the latest build of its name and newer data that it is behind."""
    facts, how = model_facts(registry, require_model(version)), registry.derivation(version)
    newest = registry.newest(version.name)
    # a run is told more than its trainer's settings; of a given model these say where it lies
    more = {} if is_given(registry, version) else dict(how.settings)
    return facts | {
        "settings": facts["settings"] | more,
        "newest": str(newest or version),
        "datasets": trained_on(registry, version),
        "chain": told_chain(registry, version),
        "behind": behind(registry, version),
        "evaluations": evaluations(registry, version),
        "code_version": how.code_version,
        "run_id": how.run_id,
        "checks": [one.model_dump() for one in registry.checks(version)],
        "files": _files(registry.folder(version)),
    }


def trained_on(registry: Registry, version: Version) -> dict[str, dict[str, Any]]:
    """The exact dataset versions by role, as the manifest names them."""
    datasets = manifest_of(registry, version).datasets
    return {role: _told(registry.version(data.name, data.number)) for role, data in datasets.items()}


def _told(version: Version) -> dict[str, Any]:
    return {
        "version": str(version),
        "data_version": version.data_version,
        "status": version.status,
        "rows": version.num_rows,
    }


def _files(folder: Path) -> list[dict[str, Any]]:
    files = sorted(one for one in folder.rglob("*") if one.is_file())
    return [{"file": str(one.relative_to(folder)), "bytes": one.stat().st_size} for one in files]
