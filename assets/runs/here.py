"""A run in this process: assets are materialized one after the other, and failures are sentences."""

from collections.abc import Callable, Mapping, Sequence
from uuid import uuid4

import dagster as dg

from assets.runs.dead import host_tag
from assets.ui.keys import key_of
from datasets_registry.catalog.line import MAIN, Line

STOPPED = "interrupted"
# what Dagster raises after a red check
RED_CHECK = "DagsterAssetCheckFailedError"
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


def run_here(
    definitions: dg.Definitions,
    instance: dg.DagsterInstance,
    names: Sequence[str],
    tags: Mapping[str, str],
    done: Callable[[str], None] | None = None,
    line: Line = MAIN,
) -> list[str]:
    """Materialize the assets of these names in one run; returns the failures as sentences.

    They are of ``line``. ``done`` is told the name of each asset that has ended, however it did.
    """
    job, run_id = definitions.resolve_implicit_global_asset_job_def(), str(uuid4())
    keys = {name: key_of(line.stored(name)) for name in names}
    by_step = {key.to_python_identifier(): name for name, key in keys.items()}

    def tell(entry: dg.EventLogEntry) -> None:
        event = entry.dagster_event
        if done and event and (event.is_step_success or event.is_step_failure or event.is_step_skipped):
            done(by_step.get(str(event.step_key), ""))

    instance.add_event_listener(run_id, tell)
    result = job.execute_in_process(
        instance=instance,
        raise_on_error=False,
        run_config=QUIET,
        tags={**tags, **host_tag()},
        asset_selection=list(keys.values()),
        run_id=run_id,
    )
    red = [
        (check.asset_key.to_user_string(), check.description)
        for check in result.get_asset_check_evaluations()
        if not check.passed and check.severity == dg.AssetCheckSeverity.ERROR
    ]
    failed = [
        (by_step.get(str(event.step_key), str(event.step_key)), _failure_sentence(event))
        for event in result.all_events
        if event.is_step_failure
    ]
    # where a check is red the step says no more than that
    failed = [(name, said) for name, said in failed if RED_CHECK not in said or name not in dict(red)]
    return [f"{name}: {said}" for name, said in (*failed, *red)]


def _failure_sentence(event: dg.DagsterEvent) -> str:
    """The failure's sentence; for an unexpected error, the message of its first cause."""
    failure = event.step_failure_data.user_failure_data
    if failure and failure.description:
        return failure.description
    error = event.step_failure_data.error
    while error and error.cause:
        error = error.cause
    if error and error.cls_name == "DagsterExecutionInterruptedError":
        return STOPPED
    return error.message.strip() if error else "failed"
