"""Models on Ray need a cluster before anything is built, and no GPU on the machine of the driver."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from assets.preflight import ready, replicas
from assets.preflight.ready import require_ready
from assets.preflight.replicas import rooms
from assets.profile.models import GivenModel
from assets.profile.profile import Profile, load_profile
from datasets_registry.errors import BadInput
from datasets_registry.state import State
from generation.engine import EngineSettings
from generation.ray_cluster.cluster import Resources, Room
from tests.assets.preflight.fake_machine import NO_DRIVER

ASKS = {"cai_revisions": ("red_team_prompts", "base_policy")}


@dataclass
class Cluster:
    """What there is; None where no cluster is found."""

    found: Resources | None = None

    def join(self) -> None:
        """Join it."""
        if self.found is None:
            raise BadInput("there is no Ray cluster: start one")

    def resources(self) -> Resources:
        """What it has."""
        assert self.found
        return self.found


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Cluster:
    """None, until it is given nodes."""
    there = Cluster()
    monkeypatch.setattr(replicas, "join_cluster", there.join)
    monkeypatch.setattr(replicas, "resources", there.resources)
    monkeypatch.setattr("generation.ray_cluster.backend.installed", lambda: "cuda")
    return there


@pytest.fixture
def profile() -> Profile:
    """The shipped profile for a GPU, its base on 64 replicas of two cards."""
    gpu = load_profile("gpu")
    engine = EngineSettings(inner="vllm", replicas=64, tensor_parallel_size=2)
    base = gpu.given("base_policy").model_copy(update={"backend": "ray", "engine": engine})
    return gpu.model_copy(update={"models": {**gpu.models, "base_policy": base}})


def test_no_cluster_is_refused_where_a_model_on_ray_is_asked(
    profile: Profile, cluster: Cluster, state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ready, "this_machine", lambda: NO_DRIVER)
    monkeypatch.setattr(ready, "require_disk", lambda *asked: None)
    with pytest.raises(BadInput, match=r"base_policy: there is no Ray cluster: start one"):
        require_ready(profile, state, ASKS)
    require_ready(profile, state, {"red_team_prompts": ()})
    # its replicas are elsewhere: this machine needs neither a GPU nor a driver
    cluster.found = Resources((Room(8, 64),), (Room(8, 64),))
    require_ready(profile, state, ASKS)


def test_how_many_replicas_have_room(profile: Profile, cluster: Cluster) -> None:
    cluster.found = Resources((Room(8, 64), Room(3, 64), Room(0, 8)), (Room(0, 0), Room(0, 0), Room(0, 8)))
    ((name, number, said),) = rooms(profile)
    assert (name, number) == ("base_policy", 5)
    assert said == (
        "base_policy: room for 5 of 64 replicas, each with 2 GPUs and 1 CPU; the cluster has 3 nodes with 11 "
        "GPUs and 136 CPUs, of which 0 GPUs and 8 CPUs are free"
    )


def test_a_server_is_no_inner_backend(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"engine.inner = 'openai' asks a server"):
        GivenModel(model=str(tmp_path), backend="ray", engine=EngineSettings(inner="openai"))
