"""What is refused before a cluster is joined, and how replicas fit on nodes; without Ray."""

import os
import socket
from pathlib import Path

import pytest

from datasets_registry.errors import BadInput
from generation.backends import open_backend
from generation.engine import EngineSettings
from generation.ray_cluster import cluster
from generation.ray_cluster.backend import gpus_of, room_of
from generation.ray_cluster.cluster import Resources, Room, join_cluster
from generation.ray_cluster.fleet import cause_of


@pytest.fixture
def with_ray(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let Ray be installed, as nothing here comes as far as to import it."""
    monkeypatch.setattr(cluster, "find_spec", lambda name: object())


def closed_port() -> int:
    """A port of this machine at which nobody listens."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        return int(server.getsockname()[1])


def test_without_ray_the_remedy_is_said_when_the_backend_is_opened(
    tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "find_spec", lambda name: None)
    with pytest.raises(
        BadInput, match=r"Ray is needed, and it is not installed: `pip install -c .* -e '\.\[ray\]'`"
    ):
        open_backend("ray", tiny_model, EngineSettings())


@pytest.mark.parametrize("address", ["local", "ray://head:10001", "http://head:8265", "head", ":6379"])
def test_what_is_no_address_of_a_head_is_refused_at_once(
    with_ray: None, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv("RAY_ADDRESS", address)
    with pytest.raises(BadInput, match=rf"RAY_ADDRESS={address} is not the address of a cluster's head"):
        join_cluster()


def test_a_head_that_does_not_answer_is_named_with_the_remedy(
    with_ray: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = f"127.0.0.1:{closed_port()}"
    monkeypatch.setenv("RAY_ADDRESS", address)
    with pytest.raises(BadInput, match=rf"no Ray cluster at RAY_ADDRESS={address} .*: start one with `ray"):
        join_cluster()


@pytest.mark.cluster
def test_a_cluster_that_wants_a_token_is_told_from_one_that_is_not_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ray = pytest.importorskip("ray")

    def refuse(**_: object) -> None:
        raise ray.exceptions.AuthenticationError("Unauthenticated")

    # this process may have joined one for an earlier test
    monkeypatch.setattr(ray, "is_initialized", lambda: False)
    monkeypatch.setattr(ray, "init", refuse)
    monkeypatch.setattr(cluster, "_require_address", lambda address: None)
    with pytest.raises(BadInput, match="takes no work without its token: set RAY_AUTH_MODE=token"):
        join_cluster()


@pytest.mark.parametrize(("inner", "why"), [("openai", "asks a server"), ("ray", "Ray on Ray")])
def test_an_inner_backend_runs_a_model_itself(with_ray: None, tiny_model: Path, inner: str, why: str) -> None:
    with pytest.raises(BadInput, match=why):
        open_backend("ray", tiny_model, EngineSettings(inner=inner))


def test_replicas_hold_the_cards_that_a_model_is_split_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("generation.ray_cluster.backend.installed", lambda: "cuda")
    assert room_of(EngineSettings(tensor_parallel_size=4, replica_cpus=8)) == Room(4, 8)
    assert gpus_of(EngineSettings(inner="transformers")) == 0
    assert gpus_of(EngineSettings(inner="transformers", replica_gpus=1)) == 1
    monkeypatch.setattr("generation.ray_cluster.backend.installed", lambda: "cpu")
    assert gpus_of(EngineSettings(tensor_parallel_size=4)) == 0


def test_a_replica_is_on_one_node() -> None:
    found = Resources((Room(0, 4), Room(8, 64), Room(6, 64)), (Room(0, 4), Room(3, 40), Room(2, 56)))
    assert found.fitting(Room(4, 1)) == 3 and found.fitting(Room(0, 64)) == 2
    assert found.fitting(Room(16, 1)) == 0
    assert str(found) == "3 nodes with 14 GPUs and 132 CPUs, of which 5 GPUs and 100 CPUs are free"
    # five cards are free, but no four of one node
    assert found.fitting_now(Room(4, 1)) == 0 and found.fitting_now(Room(2, 1)) == 2


def test_nothing_of_the_environment_is_changed_before_ray_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "find_spec", lambda name: None)
    before = dict(os.environ)
    with pytest.raises(BadInput):
        join_cluster()
    assert dict(os.environ) == before


def test_a_death_is_told_in_a_line_without_ids() -> None:
    said = (
        "The actor died unexpectedly before finishing this task.\n\tclass_name: Replica\n\tactor_id: f264fb\n"
        "The actor is dead because its worker process has died. Worker exit type: SYSTEM_ERROR Worker exit "
        "detail: unexpected end of file. Some common causes include: (1) memory"
    )
    assert cause_of(RuntimeError(said)) == (
        "The actor is dead because its worker process has died. Worker exit type: SYSTEM_ERROR Worker exit "
        "detail: unexpected end of file."
    )
    assert cause_of(RuntimeError("it is\n unavailable")) == "it is unavailable"
