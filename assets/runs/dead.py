"""Runs whose process is gone: they are closed, and the pool slots that they hold are freed."""

import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import dagster as dg
import psutil
from dagster._core.events import EngineEventData

HOST_TAG = "trimtab/host"
# Dagster's own name for the process in its events
PID = "pid"
# how far a clock that was set right may move a process's start against its events
CLOCK_SECONDS = 60.0
EVERY_SECONDS = 15
UNFINISHED = (
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.CANCELING,
)


@dataclass(frozen=True)
class DeadRun:
    """An unfinished run, and the process that it had."""

    run: dg.DagsterRun
    pid: int

    @property
    def sentence(self) -> str:
        """What became of it, and the remedy."""
        return (
            f"the process of this run ({self.pid}) is gone, so it was closed and its pool slots are free: "
            "what it finished is saved, and materializing again goes on from there"
        )


def dead_runs(instance: dg.DagsterInstance) -> list[DeadRun]:
    """The unfinished runs whose process ran on this machine and is gone."""
    runs = instance.get_runs(dg.RunsFilter(statuses=list(UNFINISHED)))
    return [dead for run in runs if _is_of_here(instance, run) and (dead := _dead(instance, run))]


def close_dead_runs(instance: dg.DagsterInstance) -> list[DeadRun]:
    """Close runs whose process is gone, free their slots and those of ended runs; the runs closed."""
    dead = dead_runs(instance)
    for closed in dead:
        instance.report_run_failed(closed.run, closed.sentence)
    for run_id in ended_holders(instance):
        instance.event_log_storage.free_concurrency_slots_for_run(run_id)
    return dead


def ended_holders(instance: dg.DagsterInstance) -> list[str]:
    """The ids of runs that hold or await a pool's slot though they have ended, or are deleted.

    One whose process still lives, such as a cancelled trainer's, keeps it until that is gone too.
    """
    storage = instance.event_log_storage
    if not storage.supports_global_concurrency_limits:
        return []
    runs = ((run_id, instance.get_run_by_id(run_id)) for run_id in storage.get_concurrency_run_ids())
    return [
        run_id
        for run_id, run in runs
        if run is None or (run.is_finished and _is_of_here(instance, run) and not _is_alive(instance, run_id))
    ]


def host_tag() -> Mapping[str, str]:
    """The tag of a run that says on which machine its process is."""
    return {HOST_TAG: socket.gethostname()}


def _is_of_here(instance: dg.DagsterInstance, run: dg.DagsterRun) -> bool:
    """Whether the process is, or was, on this machine; what Ray's launcher starts may be anywhere."""
    # one begun anew has the first one's tags, and Dagster asks such a launcher itself which runs live
    if run.remote_job_origin and instance.run_launcher.supports_check_run_worker_health:
        return False
    return run.tags.get(HOST_TAG, socket.gethostname()) == socket.gethostname()


def _dead(instance: dg.DagsterInstance, run: dg.DagsterRun) -> DeadRun | None:
    """The run with its process; None where that lives, or is not known yet."""
    processes = list(_processes(instance, run.run_id))
    if not processes or any(_lives(*process) for process in processes):
        return None
    return DeadRun(run, processes[-1][0])


def _is_alive(instance: dg.DagsterInstance, run_id: str) -> bool:
    return any(_lives(pid, seen_at) for pid, seen_at in _processes(instance, run_id))


def _processes(instance: dg.DagsterInstance, run_id: str) -> Iterator[tuple[int, float]]:
    """The processes that a run says that it is executed by, each with the time at which it says so."""
    for entry in instance.all_logs(run_id, of_type=dg.DagsterEventType.ENGINE_EVENT):
        data = entry.dagster_event.event_specific_data if entry.dagster_event else None
        pid = data.metadata.get(PID) if isinstance(data, EngineEventData) else None
        if pid is not None and str(pid.value).isdigit():
            yield int(str(pid.value)), entry.timestamp


def _lives(pid: int, seen_at: float) -> bool:
    """Whether the process with this id is the one that was seen then, and no later one with its id."""
    try:
        process = psutil.Process(pid)
        is_there = process.status() != psutil.STATUS_ZOMBIE
        return is_there and bool(process.create_time() <= seen_at + CLOCK_SECONDS)
    except psutil.NoSuchProcess:
        return False


@dg.sensor(
    name="dead_runs",
    default_status=dg.DefaultSensorStatus.RUNNING,
    minimum_interval_seconds=EVERY_SECONDS,
    description="Closes runs whose process is gone, such as a killed demo's, and frees their pool slots.",
)
def dead_runs_sensor(context: dg.SensorEvaluationContext) -> dg.SkipReason:
    """Close dead runs; it starts nothing, so it is on in every mode."""
    closed = close_dead_runs(context.instance)
    names = ", ".join(f"{dead.run.run_id[:8]} (process {dead.pid})" for dead in closed)
    return dg.SkipReason(f"closed {names}" if closed else "every unfinished run has its process")
