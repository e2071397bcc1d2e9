"""Which datasets, versions and models there are: a record of each."""

from datasets_registry.catalog.tags import tags_at
from datasets_registry.inspecting.model_facts import manifest_of
from datasets_registry.inspecting.record import Record
from datasets_registry.registry import Registry
from datasets_registry.version import Status, Version


class VersionEntry(Record):
    """A version with its checks: how many there are, how many passed, and which warn; and its tags."""

    name: str
    version: int
    rows: int | None
    status: Status
    checks_passed: int
    checks: int
    warnings: tuple[str, ...]
    data_version: str
    created_at: str
    tags: tuple[str, ...]


class ModelEntry(Record):
    """A model version with what it was trained from, the newer data that it is behind, and its tags."""

    name: str
    version: int
    status: Status
    base: str | None
    trained_on: tuple[str, ...]
    behind: tuple[str, ...]
    rows: int | None
    loss: float | None
    data_version: str
    folder: str
    tags: tuple[str, ...]


def list_datasets(registry: Registry) -> list[VersionEntry]:
    """The newest version of every dataset."""
    return [_version_entry(registry, _newest(registry, name)) for name in registry.names("dataset")]


def list_versions(registry: Registry, name: str) -> list[VersionEntry]:
    """Every version of a dataset or model, oldest first; raises UnknownVersion where there is none."""
    return [_version_entry(registry, version) for version in registry.versions(name)]


def list_models(registry: Registry) -> list[ModelEntry]:
    """The newest version of every model."""
    return [_model_entry(registry, _newest(registry, name)) for name in registry.names("model")]


def behind(registry: Registry, version: Version) -> tuple[str, ...]:
    """The latest passed versions of its inputs from which other things are learned than ``version`` did."""
    newer = []
    for used in registry.derivation(version).inputs:
        latest = registry.latest(used.name)
        if latest is not None and latest.learned_version != used.learned_version:
            newer.append(str(latest))
    return tuple(sorted(newer))


def _newest(registry: Registry, name: str) -> Version:
    return registry.newest(name) or registry.versions(name)[-1]


def _version_entry(registry: Registry, version: Version) -> VersionEntry:
    checks = registry.checks(version)
    return VersionEntry(
        name=version.name,
        version=version.number,
        rows=version.num_rows,
        status=version.status,
        checks_passed=sum(check.passed for check in checks),
        checks=len(checks),
        warnings=tuple(check.check for check in checks if not check.passed and check.severity == "warning"),
        data_version=version.data_version,
        created_at=version.created_at,
        tags=tags_at(registry.engine, version),
    )


def _model_entry(registry: Registry, version: Version) -> ModelEntry:
    manifest = manifest_of(registry, version)
    return ModelEntry(
        name=version.name,
        version=version.number,
        status=version.status,
        base=manifest.base_reference,
        trained_on=tuple(manifest.dataset_references.values()),
        behind=behind(registry, version),
        rows=manifest.rows.get("trained"),
        loss=manifest.metrics.get("loss"),
        data_version=version.data_version,
        folder=str(registry.place(version)),
        tags=tags_at(registry.engine, version),
    )
