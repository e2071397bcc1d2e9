"""Automatic runs that were refused or cut short: what they left is built once the cause is gone."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import dagster as dg

from assets.building.automation import TAG, WHY_TAG, hours_today
from assets.building.opening import BUDGET_TAG, CAUSE, looked_at
from assets.building.versions import Recipes
from assets.held.causes import Cause, held
from assets.preflight.ready import require_ready
from assets.profile.profile import Profile
from assets.runs.here import RED_CHECK
from assets.ui.keys import key_of
from datasets_registry.errors import (
    HoursSpent,
    NoSpace,
    OverBudget,
    ReviewsWait,
    TrimtabError,
    UnknownVersion,
    UnpassedVersion,
)
from datasets_registry.hashing import digest
from datasets_registry.registry import Registry

HELD_TAG, GOES_ON_TAG = "trimtab/held", "trimtab/goes_on"
# what Dagster's daemon writes on a failed run that it begins again by itself
WILL_RETRY = "dagster/will_retry"
# of inputs and versions, which `held` looks at, and of a disk, which the preflight looks at
LOOKED_AT = {
    RED_CHECK,
    *(error.__name__ for error in (UnpassedVersion, ReviewsWait, UnknownVersion, NoSpace)),
}
LOOK_BACK, MOST_RUNS = timedelta(days=14), 200


@dataclass(frozen=True)
class HeldRun:
    """A failed automatic run: the assets that it left, and by what each of those that failed did so."""

    run: dg.DagsterRun
    left: frozenset[str]
    failures: Mapping[str, tuple[str, str]]

    def why(self, profile: Profile, causes: Mapping[str, Cause], hours: float) -> str | None:
        """The sentence of what still holds it; None where it can go on."""
        limit = profile.rebuild.max_hours_a_day
        for cause, sentence in self.failures.values():
            if cause == HoursSpent.__name__:
                is_gone = limit is None or hours < limit
            elif cause == OverBudget.__name__:
                is_gone = self.run.tags.get(BUDGET_TAG) != profile.budget.model_dump_json()
            else:
                is_gone = cause in LOOKED_AT
            if not is_gone:
                return sentence
        return next((causes[name].sentence for name in sorted(self.left) if name in causes), None)


def held_runs(instance: dg.DagsterInstance, names: Mapping[dg.AssetKey, str]) -> Iterator[HeldRun]:
    """Failed automatic runs of which something is left that no later run has taken on, newest first."""
    since = datetime.now(UTC) - LOOK_BACK
    later: set[dg.AssetKey] = set()
    for record in instance.get_run_records(dg.RunsFilter(updated_after=since), limit=MOST_RUNS):
        run, keys = record.dagster_run, set(record.dagster_run.asset_selection or ())
        is_failed, is_automatic = run.status is dg.DagsterRunStatus.FAILURE, run.tags.get(TAG) == "true"
        if is_failed and is_automatic and run.tags.get(WILL_RETRY) != "true":
            open_keys = {key: names[key] for key in keys - later if key in names}
            failures = _failures(instance, run, open_keys)
            left = {name for key, name in open_keys.items() if _is_left(instance, key, record)}
            if failures:
                yield HeldRun(run, frozenset(left | failures.keys()), failures)
        # a failed run of a person takes nothing over
        if is_automatic or not is_failed:
            later |= keys


def _failures(
    instance: dg.DagsterInstance, run: dg.DagsterRun, names: Mapping[dg.AssetKey, str]
) -> dict[str, tuple[str, str]]:
    """The kind and the sentence of each failure among these assets."""
    steps = {key.to_python_identifier(): name for key, name in names.items()}
    failures = {}
    for entry in instance.all_logs(run.run_id, of_type=dg.DagsterEventType.STEP_FAILURE):
        event = entry.dagster_event
        if event and event.step_key in steps:
            data = event.step_failure_data
            failure, error = data.user_failure_data, data.error
            kind = failure.metadata.get(CAUSE) if failure else None
            cause = str(kind.value) if kind else str(error.cls_name if error else "")
            sentence = (failure and failure.description) or (error.message.strip() if error else "failed")
            failures[steps[str(event.step_key)]] = (cause, sentence)
    return failures


def _is_left(instance: dg.DagsterInstance, key: dg.AssetKey, record: dg.RunRecord) -> bool:
    event = instance.get_latest_materialization_event(key)
    return event is None or event.timestamp < record.create_timestamp.timestamp()


def look(
    profile: Profile,
    known: Recipes,
    imported: tuple[str, ...],
    registry: Registry,
    instance: dg.DagsterInstance,
) -> dg.RunRequest | dg.SkipReason:
    """One request for all that can go on now; otherwise what is held, and by what."""
    held_back = list(held_runs(instance, {key_of(known.key(name)): name for name in known.recipes}))
    if not held_back:
        return dg.SkipReason("nothing is held")
    causes = held(known.versions(registry, audits=False), imported)
    hours = hours_today(instance, datetime.now(UTC))
    whys = [(left, left.why(profile, causes, hours)) for left in held_back]
    free = [left for left, why in whys if why is None]
    waiting = [_said(instance, left, why) for left, why in whys if why is not None]
    names = sorted({name for left in free for name in left.left})
    try:
        require_ready(profile, registry.state, {name: known.recipes[name].inputs for name in names})
    except TrimtabError as error:
        waiting, free = [*waiting, *(_said(instance, left, str(error)) for left in free)], []
    keys = [key_of(known.key(name)) for name in names]
    return _request(free, keys, profile.launch.tags) if free else dg.SkipReason("; ".join(waiting))


def _said(instance: dg.DagsterInstance, left: HeldRun, why: str) -> str:
    """Why a run is held, which is written on it too."""
    if left.run.tags.get(HELD_TAG) != why:
        instance.add_run_tags(left.run.run_id, {HELD_TAG: why})
    return f"{', '.join(sorted(left.left))}: {why}"


def _request(free: list[HeldRun], keys: list[dg.AssetKey], tags: Mapping[str, str]) -> dg.RunRequest:
    runs = sorted(left.run.run_id for left in free)
    sentences = dict.fromkeys(sentence for left in free for _, sentence in left.failures.values())
    return dg.RunRequest(
        # a run that was held goes on once; what fails again is held anew
        run_key=digest(runs),
        asset_selection=keys,
        tags={
            **tags,
            TAG: "true",
            GOES_ON_TAG: ", ".join(run[:8] for run in runs),
            WHY_TAG: f"no longer held: {'; '.join(sentences)}",
        },
    )


def held_sensors(profile: Profile, known: Recipes, imported: tuple[str, ...]) -> list[dg.SensorDefinition]:
    """The sensor that lets held runs go on, where the daemon rebuilds."""
    if profile.rebuild.when == "manual" or not known.recipes:
        return []

    @dg.sensor(
        name="held",
        asset_selection=dg.AssetSelection.assets(*(key_of(known.key(name)) for name in known.recipes)),
        default_status=dg.DefaultSensorStatus.RUNNING,
        minimum_interval_seconds=profile.rebuild.every_seconds,
        description="Builds what automatic runs left that were refused, once the cause is gone.",
    )
    def held_sensor(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        with looked_at() as registry:
            return look(profile, known, imported, registry, context.instance)

    return [held_sensor]
