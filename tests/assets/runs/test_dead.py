"""A run whose process is gone is closed and its pool's slot is free; one that lives is left alone."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.events import DagsterEvent, DagsterEventType, EngineEventData
from dagster._core.remote_origin import (
    ManagedGrpcPythonEnvCodeLocationOrigin,
    RemoteJobOrigin,
    RemoteRepositoryOrigin,
)
from dagster._core.types.loadable_target_origin import LoadableTargetOrigin

from assets.profile.history import settings_of
from assets.runs.dead import HOST_TAG, close_dead_runs, dead_runs, dead_runs_sensor, ended_holders

HOLD = """
import sys, time
import dagster as dg

@dg.asset(pool="gpu")
def policy():
    print("trains", flush=True)
    time.sleep(60)

with dg.DagsterInstance.from_config(sys.argv[1]) as instance:
    dg.materialize([policy], instance=instance)
"""


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    """An instance with the pools of the checkout's settings."""
    (tmp_path / "dagster.yaml").write_text(settings_of(tmp_path))
    with dg.DagsterInstance.from_config(str(tmp_path)) as instance:
        yield instance


def started(
    instance: dg.DagsterInstance, *pids: int, host: str | None = None, origin: RemoteJobOrigin | None = None
) -> str:
    """An unfinished run that these processes executed."""
    tags = {HOST_TAG: host} if host else {}
    run = instance.add_run(dg.DagsterRun("made", tags=tags, remote_job_origin=origin))
    for number, pid in enumerate(pids):
        event = DagsterEvent(
            DagsterEventType.ENGINE_EVENT.value, "made", event_specific_data=EngineEventData.in_process(pid)
        )
        instance.report_dagster_event(event, run.run_id)
        if not number:
            begun = DagsterEvent(DagsterEventType.PIPELINE_START.value, "made")
            instance.report_dagster_event(begun, run.run_id)
    return run.run_id


def dead_process() -> int:
    """The id of a process that has ended."""
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    return process.pid


def test_a_run_that_was_killed_frees_its_slot_for_the_next_one(
    instance: dg.DagsterInstance, tmp_path: Path
) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout and any("trains" in line for line in process.stdout)
        assert dead_runs(instance) == []
        process.send_signal(signal.SIGKILL)
    assert instance.event_log_storage.get_concurrency_info("gpu").active_slot_count == 1
    (dead,) = close_dead_runs(instance)
    (run,) = instance.get_runs()
    assert dead.run.run_id == run.run_id and run.status is dg.DagsterRunStatus.FAILURE
    assert "is gone" in instance.all_logs(run.run_id)[-1].message
    assert instance.event_log_storage.get_concurrency_info("gpu").active_slot_count == 0
    assert close_dead_runs(instance) == []


def test_a_run_is_closed_only_where_no_process_of_it_lives_here(instance: dg.DagsterInstance) -> None:
    ended = dead_process()
    gone = started(instance, ended)
    for pids, host in (
        ((os.getpid(),), None),
        ((ended, os.getpid()), None),
        ((ended,), "elsewhere"),
        ((), None),
    ):
        started(instance, *pids, host=host)
    assert [dead.run.run_id for dead in dead_runs(instance)] == [gone]


@pytest.mark.parametrize("host", [None, socket.gethostname()])
def test_a_run_that_a_cluster_started_is_left_to_its_launcher(
    instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch, host: str | None
) -> None:
    place = ManagedGrpcPythonEnvCodeLocationOrigin(LoadableTargetOrigin(module_name="made"))
    origin = RemoteJobOrigin(RemoteRepositoryOrigin(place, "made"), "made")
    run = started(instance, dead_process(), host=host, origin=origin)
    assert [dead.run.run_id for dead in dead_runs(instance)] == [run]
    monkeypatch.setattr(type(instance.run_launcher), "supports_check_run_worker_health", True)
    here = started(instance, dead_process())
    assert [dead.run.run_id for dead in close_dead_runs(instance)] == [here]


def test_a_later_process_with_the_same_id_is_another_one(
    instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    started(instance, os.getpid())
    assert dead_runs(instance) == []
    monkeypatch.setattr("assets.runs.dead.CLOCK_SECONDS", -1e6)
    assert len(dead_runs(instance)) == 1


def test_an_ended_run_keeps_its_slot_only_while_its_process_lives(instance: dg.DagsterInstance) -> None:
    storage, runs = instance.event_log_storage, {}
    for pid in (os.getpid(), dead_process()):
        runs[pid] = started(instance, pid)
        storage.claim_concurrency_slot("gpu", runs[pid], "step")
        run = instance.get_run_by_id(runs[pid])
        assert run
        instance.report_run_canceled(run)
    assert ended_holders(instance) == [runs.popitem()[1]]
    close_dead_runs(instance)
    assert storage.get_concurrency_run_ids() == {runs[os.getpid()]}


def test_the_look_says_what_it_closed(instance: dg.DagsterInstance) -> None:
    run_id, looks = started(instance, dead_process()), list[str]()
    for _ in range(2):
        with dg.build_sensor_context(instance=instance) as context:
            reason = dead_runs_sensor(context)
        assert isinstance(reason, dg.SkipReason)
        looks.append(str(reason.skip_message))
    assert looks[0].startswith(f"closed {run_id[:8]} (process ")
    assert looks[1] == "every unfinished run has its process"
