"""What there is, as plain rows for tables and JSON."""

from typing import Any

from datasets_registry.inspecting.facts import manifest_of
from datasets_registry.registry import Registry
from datasets_registry.version import Version


def list_datasets(registry: Registry) -> list[dict[str, Any]]:
    """The newest version of every dataset."""
    return [_dataset(registry, _newest(registry, name)) for name in registry.names("dataset")]


def list_versions(registry: Registry, name: str) -> list[dict[str, Any]]:
    """Every version of a dataset or model, oldest first."""
    return [_dataset(registry, one) for one in registry.versions(name)]


def _newest(registry: Registry, name: str) -> Version:
    return registry.newest(name) or registry.versions(name)[-1]


def _dataset(registry: Registry, version: Version) -> dict[str, Any]:
    checks = registry.checks(version)
    return {
        "name": version.name,
        "version": version.number,
        "rows": version.num_rows,
        "status": version.status,
        "checks_passed": sum(one.passed for one in checks),
        "checks": len(checks),
        "warnings": [one.check for one in checks if not one.passed and one.severity == "warning"],
        "data_version": version.data_version,
        "created_at": version.created_at,
    }


def list_models(registry: Registry) -> list[dict[str, Any]]:
    """The newest version of every model, with what it was made from."""
    return [_model(registry, _newest(registry, name)) for name in registry.names("model")]


def _model(registry: Registry, version: Version) -> dict[str, Any]:
    manifest = manifest_of(registry, version)
    return {
        "name": version.name,
        "version": version.number,
        "status": version.status,
        "base": str(manifest.base) if manifest.base else None,
        "trained_on": [str(dataset) for dataset in manifest.datasets.values()],
        "behind": behind(registry, version),
        "rows": manifest.rows.get("trained"),
        "loss": manifest.metrics.get("loss"),
        "data_version": version.data_version,
        "folder": str(registry.folder(version)),
    }


def behind(registry: Registry, version: Version) -> list[str]:
    """The latest passed versions that ``version`` should have been made from and was not."""
    found = []
    for one in registry.derivation(version).inputs:
        latest = registry.latest(one.name)
        if latest is not None and latest.data_version != one.data_version:
            found.append(f"{one.name}@{latest.number}")
    return sorted(found)
