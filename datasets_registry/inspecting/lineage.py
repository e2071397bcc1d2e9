"""Where a version came from, back to the sources, and what was built from it, as nested plain values."""

from typing import Any

from datasets_registry.registry import Registry
from datasets_registry.version import Version


def upstream(registry: Registry, version: Version, told: set[str] | None = None) -> dict[str, Any]:
    """``version`` with its inputs, their inputs, and so on; a version that comes twice is told once."""
    told = set() if told is None else told
    how = registry.derivation(version)
    node = _node(version) | {"code_version": how.code_version, "run_id": how.run_id}
    if str(version) in told:
        return node | {"shown_above": bool(how.inputs), "inputs": []}
    told.add(str(version))
    return node | {"inputs": [upstream(registry, one, told) for one in how.inputs]}


def downstream(registry: Registry, version: Version) -> dict[str, Any]:
    """``version`` with what was built from it, what was built from that, and so on."""
    built: dict[str, list[tuple[Version, str]]] = {}
    for kind in ("dataset", "model"):
        for name in registry.names(kind):
            for one in registry.versions(name):
                how = registry.derivation(one)
                for given in how.inputs:
                    built.setdefault(str(given), []).append((one, how.code_version))
    code = registry.derivation(version).code_version
    return _built_from(version, code, built, set())


def _built_from(
    version: Version, code_version: str, built: dict[str, list[tuple[Version, str]]], told: set[str]
) -> dict[str, Any]:
    node = _node(version) | {"code_version": code_version}
    further = built.get(str(version), [])
    if str(version) in told:
        return node | {"shown_above": bool(further), "built": []}
    told.add(str(version))
    return node | {"built": [_built_from(one, code, built, told) for one, code in further]}


def _node(version: Version) -> dict[str, Any]:
    return {
        "name": version.name,
        "version": version.number,
        "kind": version.kind,
        "status": version.status,
        "rows": version.num_rows,
        "data_version": version.data_version,
        "created_at": version.created_at,
    }
