"""Imported data in the graph: each passed version that `trimtab import` made is reported to Dagster."""

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


def imported_assets(datasets: Iterable[str]) -> list[dg.AssetSpec]:
    """An external asset for each dataset, which nothing here can materialize."""
    return [
        dg.AssetSpec(key_of(dataset), group_name=GROUP, kinds={"parquet"}, description=_description(dataset))
        for dataset in datasets
    ]


def _description(dataset: str) -> str:
    grain = f"{ROW_TYPES[dataset].grain} " if dataset in ROW_TYPES else ""
    return f"{grain}Made by `trimtab import --as {dataset}`."


def import_sensors(datasets: Sequence[str], rebuild: Rebuild) -> list[dg.SensorDefinition]:
    """The sensor that looks for new imports; it runs nothing, so it is on even where a person rebuilds.

    It reports materializations: Dagster heeds an observation only of an asset that was never materialized, so
    what is made from data that was once built here and is now imported would stay stale for ever.
    """
    if not datasets:
        return []

    @dg.sensor(
        name="imports",
        default_status=dg.DefaultSensorStatus.RUNNING,
        minimum_interval_seconds=rebuild.every_seconds,
        description="Reports new passed versions of imported data to Dagster.",
    )
    def imports(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        registry = Registry(State())
        try:
            return new_imports(datasets, registry, context.instance)
        finally:
            registry.engine.dispose()

    return [imports]


def new_imports(datasets: Sequence[str], registry: Registry, instance: dg.DagsterInstance) -> dg.SensorResult:
    """The new versions as materializations; one that is missing or has not passed is named in the reason."""
    events, news = [], []
    for dataset in datasets:
        try:
            version = _passed(dataset, registry)
        except (UnknownVersion, UnpassedVersion) as error:
            news.append(str(error))
            continue
        if version.learned_version != known_data_version(dataset, instance):
            events.append(_materialization(version, registry))
            news.append(f"{version} is new")
    return dg.SensorResult(asset_events=events, skip_reason="; ".join(news) or "nothing was imported since")


def _passed(dataset: str, registry: Registry) -> Version:
    version = registry.imported(dataset)
    if version is None:
        raise UnknownVersion(
            f"{dataset!r} has no version yet: `trimtab import FILE --as {dataset}` makes one"
        )
    return registry.require_passed(version)


def known_data_version(dataset: str, instance: dg.DagsterInstance) -> str | None:
    """The data version of ``dataset`` that Dagster knows."""
    event = instance.get_latest_materialization_event(key_of(dataset))
    materialization = event.asset_materialization if event else None
    return materialization.tags.get(DATA_VERSION) if materialization and materialization.tags else None


def _materialization(version: Version, registry: Registry) -> dg.AssetMaterialization:
    return dg.AssetMaterialization(
        key_of(version.name),
        tags={DATA_VERSION: version.learned_version},
        description=f"{version}: {version.num_rows} rows, imported",
        metadata=dataset_metadata(version, next(registry.batches(version))),
    )
