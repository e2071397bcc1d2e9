"""Runs as a person asks for them: how each stands, how long it took, and what it generated at which rate."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import dagster as dg
from dagster import RunRecord

from assets.ui.keys import name_of

# the newest lines of a run's log among which its last progress line is looked for
MOST_LINES = 50


@dataclass(frozen=True)
class ListedRun:
    """A run; what it generated is the sum over its assets that are finished, and the rate their mean.

    ``said`` is the last line of one that has not ended, or why one failed.
    """

    run_id: str
    status: str
    assets: tuple[str, ...]
    began: str | None
    seconds: float | None
    calls: int
    tokens: int
    tokens_per_second: float | None
    usd: float
    replicas: int | None
    asked_again: int
    said: str


def listed_runs(instance: dg.DagsterInstance, most: int) -> Iterator[ListedRun]:
    """The newest runs of a history, newest first."""
    for record in instance.get_run_records(limit=most):
        yield _listed(instance, record)


def _listed(instance: dg.DagsterInstance, record: RunRecord) -> ListedRun:
    run = record.dagster_run
    figures = list(_figures(instance, run.run_id))
    written = [figure for figure in figures if figure.get("tokens_per_second")]
    replicas = [int(figure["replicas"]) for figure in figures if "replicas" in figure]
    return ListedRun(
        run_id=run.run_id,
        status=run.status.value.lower(),
        assets=tuple(sorted(name_of(key) for key in run.asset_selection or _planned(instance, run.run_id))),
        began=_moment(record.start_time),
        seconds=_seconds(record),
        calls=int(_sum(figures, "calls_made")),
        tokens=int(_sum(figures, "tokens_spent")),
        tokens_per_second=_sum(written, "tokens_per_second") / len(written) if written else None,
        usd=_sum(figures, "usd_spent"),
        replicas=max(replicas, default=None),
        asked_again=int(_sum(figures, "asked_again")),
        said=_said(instance, run),
    )


def _planned(instance: dg.DagsterInstance, run_id: str) -> Iterator[dg.AssetKey]:
    """The assets of a run of the whole graph, which names none."""
    for entry in instance.all_logs(run_id, of_type=dg.DagsterEventType.ASSET_MATERIALIZATION_PLANNED):
        if entry.dagster_event and entry.dagster_event.asset_key:
            yield entry.dagster_event.asset_key


def _figures(instance: dg.DagsterInstance, run_id: str) -> Iterator[Mapping[str, Any]]:
    """The metadata of what a run has made, by name."""
    for entry in instance.all_logs(run_id, of_type=dg.DagsterEventType.ASSET_MATERIALIZATION):
        made = entry.asset_materialization
        if made is not None:
            yield {name: value.value for name, value in made.metadata.items()}


def _sum(figures: list[Mapping[str, Any]], name: str) -> float:
    return float(sum(figure.get(name) or 0 for figure in figures))


def _moment(timestamp: float | None) -> str | None:
    return datetime.fromtimestamp(timestamp, UTC).isoformat(timespec="seconds") if timestamp else None


def _seconds(record: RunRecord) -> float | None:
    """How long it took, or takes already."""
    if not record.start_time:
        return None
    end = record.end_time or datetime.now(UTC).timestamp()
    return round(end - record.start_time, 1)


def _said(instance: dg.DagsterInstance, run: dg.DagsterRun) -> str:
    """The last progress line of a run in progress; the last failure of one that failed."""
    if run.status == dg.DagsterRunStatus.SUCCESS:
        return ""
    if run.status == dg.DagsterRunStatus.FAILURE:
        failures = instance.all_logs(run.run_id, of_type=dg.DagsterEventType.STEP_FAILURE)
        return next((_cause(entry) for entry in reversed(failures)), "")
    newest = instance.get_records_for_run(run.run_id, limit=MOST_LINES, ascending=False).records
    lines = (record.event_log_entry for record in newest)
    return next((line.user_message for line in lines if line.dagster_event is None), "")


def _cause(entry: dg.EventLogEntry) -> str:
    event = entry.dagster_event
    failure = event.step_failure_data.user_failure_data if event else None
    return (failure.description or "") if failure else ""
