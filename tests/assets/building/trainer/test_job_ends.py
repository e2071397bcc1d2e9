"""How a trainer's job ends, by a scripted cluster: its dashboard goes away, nodes are lost, others train."""

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from assets.building.trainer import losses, ray_job
from assets.building.trainer.losses import Losses
from assets.building.trainer.ray_job import FOLDER, LOST, run_job
from assets.profile.profile import load_profile
from datasets_registry.agreement.locks import agreed
from datasets_registry.errors import BadInput, ModelFailed
from datasets_registry.registry import Registry
from training.launch.nodes import NodeLost, NoRoom
from training.running.checkpoints import mark_whole


class Status(str):
    """Ray's status of a job."""

    def is_terminal(self) -> bool:
        return self in ("SUCCEEDED", "FAILED", "STOPPED")


def job(name: str, folder: Path, status: str, error: str | None = None, code: int | None = None) -> Any:
    """What Ray says of a job."""
    return SimpleNamespace(
        submission_id=name,
        status=Status(status),
        error_type=error,
        driver_exit_code=code,
        message="gone",
        metadata={FOLDER: str(folder)},
        start_time=1,
    )


# a job's status, Ray's word for its error, and its exit code; None is a dashboard that is away
Look = tuple[str, str | None] | tuple[str, str | None, int] | None


class Cluster:
    """Jobs that stand as ``looks`` says, one look after the other."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.looks, self.stopped = folder, list[Look](), list[str]()
        self.submitted, self.unknown = list[str](), False

    def run(self, context: Any, submit_job_params: dict[str, Any]) -> None:
        self.submitted.append(submit_job_params["submission_id"])
        raise OSError("the connection was reset")

    def list_jobs(self) -> list[Any]:
        if not self.submitted:
            return []
        look = self.looks.pop(0) if len(self.looks) > 1 else self.looks[0]
        if look is None:
            raise OSError("refused")
        return [] if self.unknown else [job(self.submitted[-1], self.folder, *look)]

    def stop_job(self, name: str) -> None:
        self.stopped.append(name)

    def get_job_logs(self, name: str) -> str:
        raise RuntimeError("the node is gone")


@pytest.fixture
def cluster(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cluster]:
    """A cluster that takes a job, and then breaks the connection."""
    cluster = Cluster(registry.state.runs / "policy-1")
    cluster.folder.mkdir(parents=True)
    pipes = SimpleNamespace(PipesRayJobClient=lambda message_reader: cluster, PipesRayJobMessageReader=object)
    monkeypatch.setitem(sys.modules, "dagster_ray", pipes)
    for name, value in {"jobs": lambda: cluster, "node_sizes": lambda unit: [4.0]}.items():
        monkeypatch.setattr(ray_job, name, value)
    monkeypatch.setattr(ray_job, "POLL_SECONDS", 0.0)
    monkeypatch.setattr(losses, "PAUSE_SECONDS", 0.0)
    yield cluster


@pytest.fixture
def train(registry: Registry, cluster: Cluster) -> Callable[[], list[str]]:
    """Run a trainer as a job there; what it reports."""

    def run() -> list[str]:
        reports: list[str] = []
        context: Any = None
        config = cluster.folder / "run.json"
        run_job(context, registry, load_profile("laptop"), ["train"], config, reports.append)
        return reports

    return run


def test_a_job_is_followed_though_a_request_fails(cluster: Cluster, train: Callable[[], list[str]]) -> None:
    cluster.looks = [None, ("RUNNING", None), None, ("SUCCEEDED", None)]
    train()
    assert len(cluster.submitted) == 1 and cluster.stopped == []


def test_a_job_that_nobody_can_follow_is_stopped(
    cluster: Cluster, train: Callable[[], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ray_job, "AWAY_SECONDS", 0.05)
    cluster.looks = [None]
    with pytest.raises(ModelFailed, match=r"dashboard is away \(the connection was reset\): `ray job stop"):
        train()
    assert cluster.stopped == cluster.submitted
    cluster.looks, cluster.unknown = [("PENDING", None)], True
    with pytest.raises(ModelFailed, match="the Ray cluster took no job"):
        train()


LOST_DRIVER: Look = ("FAILED", LOST)
LOST_PEER: Look = ("FAILED", None, NodeLost.code)


@pytest.mark.parametrize("lost", [LOST_DRIVER, LOST_PEER])
def test_a_lost_node_costs_a_new_job_three_times_at_most(
    cluster: Cluster, train: Callable[[], list[str]], lost: Look
) -> None:
    cluster.looks = [lost] * 3 + [("SUCCEEDED", None)]
    assert sum("a node is lost (" in line for line in train()) == 3
    cluster.looks, cluster.submitted = [lost], []
    # a log that is gone with its node hides no reason
    with pytest.raises(ModelFailed, match="FAILED: gone"):
        train()
    assert len(cluster.submitted) == 4


def test_what_is_saved_between_two_losses_begins_their_count_anew(tmp_path: Path) -> None:
    lost, pauses = Losses(tmp_path), []
    for step in range(5):
        for _ in range(2):
            assert lost.one_more()
            pauses.append(lost.pause)
        checkpoint = tmp_path / "checkpoints" / "run" / f"checkpoint-{step}"
        checkpoint.mkdir(parents=True)
        mark_whole(checkpoint)
    assert pauses == [30, 60] * 5
    assert "goes on from its last checkpoint" in lost.remedy
    assert [lost.one_more() for _ in range(4)] == [True, True, True, False]
    assert "begins again, as nothing was saved" in Losses(tmp_path / "other").remedy


def test_nodes_may_come_in_place_of_the_lost(
    cluster: Cluster, train: Callable[[], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ray_job, "LOOK_SECONDS", 0.0)
    sizes = iter([[4.0], [], [], [4.0]])
    monkeypatch.setattr(ray_job, "node_sizes", lambda unit: next(sizes))
    cluster.looks = [LOST_PEER, ("SUCCEEDED", None)]
    (said,) = [line for line in train() if "waits for a node" in line]
    assert said.endswith(
        "in place of the lost one: [launch] asks for 1 GPUs, and the Ray cluster has 0 nodes"
    )
    monkeypatch.setattr(ray_job, "NODE_SECONDS", -1.0)
    sizes, cluster.looks = iter([[4.0], [], []]), [LOST_PEER]
    with pytest.raises(
        ModelFailed, match="add nodes, or set launch.elastic .*; built again, it goes on from"
    ):
        train()


def test_nodes_that_were_not_free_in_time_are_waited_for_again(
    cluster: Cluster, train: Callable[[], list[str]]
) -> None:
    cluster.looks = [("FAILED", None, NoRoom.code)] * 5 + [("SUCCEEDED", None)]
    assert sum("so it waits on" in line for line in train()) == 5


@pytest.mark.parametrize(("ended", "submits"), [("SUCCEEDED", False), ("STOPPED", True)])
def test_a_second_run_of_a_model_waits_and_trains_only_what_is_not_trained(
    cluster: Cluster,
    train: Callable[[], list[str]],
    registry: Registry,
    monkeypatch: pytest.MonkeyPatch,
    ended: str,
    submits: bool,
) -> None:
    lock, first = cluster.folder.with_name(".policy-1.lock"), job("first", cluster.folder, "RUNNING")
    cluster.looks = [("SUCCEEDED", None)]
    listed = cluster.list_jobs
    monkeypatch.setattr(cluster, "list_jobs", lambda: [first, *listed()])

    def end() -> None:
        first.status = Status(ended)
        held.close()

    held = ExitStack()
    held.enter_context(agreed(registry.engine, lock))
    threading.Timer(0.3, end).start()
    if submits:
        assert any("another run trains it" in line for line in train())
    else:
        with pytest.raises(BadInput, match="was trained by another run meanwhile"):
            train()
    assert bool(cluster.submitted) is submits and cluster.stopped == []
