"""When assets are built without a person asking: on new data, on new code too, or never."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import dagster as dg

from assets.profile.rebuild import Rebuild
from datasets_registry.errors import HoursSpent

# what Dagster's daemon writes on the runs that a condition asked for
TAG = "dagster/from_automation_condition"
# in words, why a run is there
WHY_TAG = "trimtab/why"
LABELS = {"data": "rebuild on data", "automatic": "rebuild on any change"}
_HELD = "; held while a blocking check of an input is red, and the first time by a person"
SENTENCES = {
    "manual": "by a person: rebuild.when is 'manual'",
    "data": f"by the daemon, once an input has new data{_HELD}",
    "automatic": f"by the daemon, once an input has new data, or settings, prompts or code changed{_HELD}",
}


def condition(rebuild: Rebuild) -> dg.AutomationCondition[Any] | None:
    """What an asset waits for; None where it waits for a person.

    An input counts as new where its data version is, and not where the same was built again. All below a
    change are asked for in one run, in order; one whose inputs come out the same has nothing to do. What is
    new while an asset is asked for or built waits until that is done.
    """
    if rebuild.when == "manual":
        return None
    on = dg.AutomationCondition
    new: dg.AutomationCondition[Any] = on.any_deps_updated().replace(
        "newly_updated", on.data_version_changed()
    )
    if rebuild.when == "automatic":
        new = new | on.code_version_changed()
    # what nobody built yet is no rebuild: the first build, and its cost, is a person's to begin
    new = new & ~on.missing()
    # Dagster's since_last_handled forgets what came while a model trained, since a finished training counts
    # as its answer, and what is seen at the look after a request
    handled = (on.newly_requested() & ~new) | on.initial_evaluation()
    free = ~on.any_deps_missing() & ~on.any_deps_in_progress() & ~on.in_progress()
    # a check that runs again with its asset holds nothing; imports are known to be red by their check alone
    red = on.check_failed() & ~on.will_be_requested()
    is_held = on.any_deps_match(on.any_checks_match(red, blocking_only=True))
    waited = on.in_latest_time_window() & new.since(handled)
    unheld = ~is_held.with_label("held by a red check of an input")
    return (waited & unheld & free).with_label(LABELS[rebuild.when])


def sensors(rebuild: Rebuild, tags: Mapping[str, Any]) -> list[dg.SensorDefinition]:
    """The sensor that asks for what waits: running from the first, until somebody stops it in the UI.

    Its runs have ``tags``, by which a cluster's launcher knows what a run needs.
    """
    if rebuild.when == "manual":
        return []
    return [
        dg.AutomationConditionSensorDefinition(
            "rebuild",
            target=dg.AssetSelection.all(),
            default_status=dg.DefaultSensorStatus.RUNNING,
            minimum_interval_seconds=rebuild.every_seconds,
            run_tags={**tags, WHY_TAG: f"inputs changed, and rebuild.when is {rebuild.when!r}"},
        )
    ]


def with_condition(
    assets: tuple[dg.AssetsDefinition, ...], rebuild: Rebuild
) -> tuple[dg.AssetsDefinition, ...]:
    """The assets with the condition on each, and in words where the UI shows an asset."""
    awaited, sentence = condition(rebuild), {"rebuilt": SENTENCES[rebuild.when]}

    def awaiting(spec: dg.AssetSpec) -> dg.AssetSpec:
        spec = spec.merge_attributes(metadata=sentence)
        return spec.replace_attributes(automation_condition=awaited) if awaited else spec

    return tuple(asset.map_asset_specs(awaiting) for asset in assets)


def require_hours(context: dg.AssetExecutionContext, rebuild: Rebuild) -> None:
    """Raise HoursSpent where the daemon began this run and its runs took a day's hours already."""
    if rebuild.max_hours_a_day is None or context.run.tags.get(TAG) != "true":
        return
    hours = hours_today(context.instance, datetime.now(UTC))
    if hours >= rebuild.max_hours_a_day:
        raise HoursSpent(
            f"automatic runs took {hours:.1f} hours today, and rebuild.max_hours_a_day is "
            f"{rebuild.max_hours_a_day:g}: raise it in the profile, or materialize by hand"
        )


def hours_today(instance: dg.DagsterInstance, now: datetime) -> float:
    """The hours of today (UTC) in which runs of the daemon ran, each counted by itself."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    records = instance.get_run_records(dg.RunsFilter(tags={TAG: "true"}, updated_after=midnight))
    seconds = [
        min(run.end_time or now.timestamp(), now.timestamp()) - max(run.start_time, midnight.timestamp())
        for run in records
        if run.start_time is not None
    ]
    return sum(max(spent, 0.0) for spent in seconds) / 3600
