"""Imported data in the graph: Dagster is told of each passed version that `trimtab import` made."""

from collections.abc import Iterable, Sequence

import dagster as dg

from assets.profile.rebuild import Rebuild
from assets.ui.keys import key_of
from assets.ui.metadata import dataset_metadata
from datasets_registry.errors import UnknownVersion, UnpassedVersion
from datasets_registry.registry import Registry
from datasets_registry.rows.types import ROW_TYPES
from datasets_registry.state import State
from datasets_registry.version import Version

GROUP = "imported"
# Dagster's own tag on an event
DATA_VERSION = "dagster/data_version"


def imported_assets(names: Iterable[str]) -> list[dg.AssetSpec]:
    """An external asset of each name, which nothing here can materialize."""
    return [
        dg.AssetSpec(key_of(name), group_name=GROUP, kinds={"parquet"}, description=_description(name))
        for name in names
    ]


def _description(name: str) -> str:
    grain = f"{ROW_TYPES[name].grain} " if name in ROW_TYPES else ""
    return f"{grain}Made by `trimtab import --as {name}`."


def import_sensors(names: Sequence[str], rebuild: Rebuild) -> list[dg.SensorDefinition]:
    """The sensor that looks for new imports: it runs nothing, so it does even where a person rebuilds.

    Dagster takes a materialization as what an input was, and an observation only where there never was
    one: after observations, what stands on data that was once made and is now imported stays stale for ever.
    """
    if not names:
        return []

    @dg.sensor(
        name="imports",
        default_status=dg.DefaultSensorStatus.RUNNING,
        minimum_interval_seconds=rebuild.every_seconds,
        description="Tells Dagster of new passed versions of imported data.",
    )
    def imports(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        registry = Registry(State())
        try:
            return look(names, registry, context.instance)
        finally:
            registry.engine.dispose()

    return [imports]


def look(names: Sequence[str], registry: Registry, instance: dg.DagsterInstance) -> dg.SensorResult:
    """The new versions as materializations; what is not there or has not passed is told, and is no news."""
    events, told = [], []
    for name in names:
        try:
            version = _passed(name, registry)
        except (UnknownVersion, UnpassedVersion) as error:
            told.append(str(error))
            continue
        if version.data_version != known(name, instance):
            events.append(_materialization(version, registry))
            told.append(f"{version} is new")
    return dg.SensorResult(asset_events=events, skip_reason="; ".join(told) or "nothing was imported since")


def _passed(name: str, registry: Registry) -> Version:
    version = registry.imported(name)
    if version is None:
        raise UnknownVersion(f"{name!r} has no version yet: `trimtab import FILE --as {name}` makes one")
    return registry.require_passed(version)


def known(name: str, instance: dg.DagsterInstance) -> str | None:
    """The data version that Dagster knows of ``name``."""
    event = instance.get_latest_materialization_event(key_of(name))
    found = event.asset_materialization if event else None
    return found.tags.get(DATA_VERSION) if found and found.tags else None


def _materialization(version: Version, registry: Registry) -> dg.AssetMaterialization:
    return dg.AssetMaterialization(
        key_of(version.name),
        tags={DATA_VERSION: version.data_version},
        description=f"{version}: {version.num_rows} rows, imported",
        metadata=dataset_metadata(version, next(registry.batches(version))),
    )
