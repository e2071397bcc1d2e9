"""Imported data in the graph: each passed version that `trimtab import` made is reported to Dagster."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import dagster as dg
from dagster._core.definitions.asset_checks.asset_check_evaluation import (
    AssetCheckEvaluationTargetMaterializationData,
)

from assets.building.opening import looked_at
from assets.profile.rebuild import Rebuild
from assets.ui.keys import key_of
from assets.ui.metadata import dataset_metadata
from datasets_registry.errors import UnpassedVersion
from datasets_registry.registry import Registry
from datasets_registry.rows.types import ROW_TYPES, row_type
from datasets_registry.version import Version

GROUP = "imported"
# Dagster's own tag on an event
DATA_VERSION = "dagster/data_version"
CHECK = "newest_import"
HOLDS = "nothing is rebuilt from this dataset"


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
        with looked_at() as registry:
            return new_imports(datasets, registry, context.instance)

    return [imports]


def new_imports(datasets: Sequence[str], registry: Registry, instance: dg.DagsterInstance) -> dg.SensorResult:
    """The new versions as materializations; one that is missing or has not passed is named in the reason.

    Whether the newest import has passed is reported as its check, which holds all that depends on it.
    """
    events, news = list[dg.AssetMaterialization | dg.AssetCheckEvaluation](), list[str]()
    for dataset in datasets:
        finding = _finding(dataset, registry)
        if finding.passed is not None and not _is_known(finding, instance):
            events.append(_evaluation(finding, instance))
        if (version := finding.version) is None:
            news.append(finding.sentence)
            continue
        if version.learned_version != known_data_version(dataset, instance):
            events.append(_materialization(version, registry))
            news.append(f"{version} is new")
    return dg.SensorResult(asset_events=events, skip_reason="; ".join(news) or "nothing was imported since")


@dataclass(frozen=True)
class _Finding:
    """Whether the newest import of a dataset has passed, None where there is none; and the passed version."""

    dataset: str
    passed: bool | None
    sentence: str
    version: Version | None = None


def _finding(dataset: str, registry: Registry) -> _Finding:
    newest = registry.imported(dataset)
    if newest is None:
        sentence = f"{dataset!r} has no version yet: `trimtab import FILE --as {dataset}` makes one"
        return _Finding(dataset, None, sentence)
    try:
        version = registry.require_passed(newest)
    except UnpassedVersion as error:
        pass_it = f"`trimtab pass {newest} --reason '…'`"
        return _Finding(dataset, False, f"{error}, or {pass_it}; until then {HOLDS}")
    return _Finding(dataset, True, f"{version} has passed its blocking checks", version)


def import_checks(datasets: Iterable[str]) -> list[dg.AssetChecksDefinition]:
    """A check of each imported dataset, which the sensor reports and a person may run."""
    return [_import_check(dataset) for dataset in datasets]


def _import_check(dataset: str) -> dg.AssetChecksDefinition:
    @dg.asset_check(
        asset=key_of(dataset),
        name=CHECK,
        blocking=True,
        description=f"Catches an import whose blocking checks failed: until it has passed, {HOLDS}.",
    )
    def newest_import() -> dg.AssetCheckResult:
        with looked_at() as registry:
            finding = _finding(dataset, registry)
        return dg.AssetCheckResult(passed=bool(finding.passed), description=finding.sentence)

    return newest_import


def _is_known(finding: _Finding, instance: dg.DagsterInstance) -> bool:
    """Whether the check said the same the last time."""
    key = dg.AssetCheckKey(key_of(finding.dataset), CHECK)
    record = instance.event_log_storage.get_latest_asset_check_execution_by_key([key]).get(key)
    known = record.evaluation if record else None
    return known is not None and (known.passed, known.description) == (finding.passed, finding.sentence)


def _evaluation(finding: _Finding, instance: dg.DagsterInstance) -> dg.AssetCheckEvaluation:
    """The finding as Dagster's, about the materialization that it knows."""
    key = key_of(finding.dataset)
    records = instance.fetch_materializations(key, limit=1).records
    target = [
        AssetCheckEvaluationTargetMaterializationData(
            storage_id=record.storage_id, run_id=record.run_id, timestamp=record.timestamp
        )
        for record in records
    ]
    return dg.AssetCheckEvaluation(
        asset_key=key,
        check_name=CHECK,
        passed=bool(finding.passed),
        metadata={},
        target_materialization_data=target[0] if target else None,
        severity=dg.AssetCheckSeverity.ERROR,
        description=finding.sentence,
        blocking=True,
    )


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
        metadata=dataset_metadata(registry, row_type(version), version),
    )
