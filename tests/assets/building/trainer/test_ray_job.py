"""Trainers as jobs of a Ray cluster of two nodes: what comes back of them, and what is left of them."""

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from assets.building.trainer.ray_job import FOLDER, stop_left
from assets.cluster import ray_nodes
from assets.cluster.service import free_ports
from assets.preflight.cluster import jobs, require_room
from datasets_registry.errors import BadInput
from datasets_registry.manifest import Manifest
from datasets_registry.registry import Registry
from tests.assets.building.trainer.launched import built, give, materialize, profile
from tests.training import light
from training.settings.sft import SftSettings

pytest.importorskip("dagster_ray", reason="`make cluster` installs it")
pytestmark = [pytest.mark.cluster, pytest.mark.filterwarnings("ignore")]

ON_RAY = '[launch]\non = "ray"\n'
SETTINGS = SftSettings(batch_size=8, max_steps=2, min_steps=2, max_length=128)


@pytest.fixture(scope="module")
def cluster() -> Iterator[None]:
    """A cluster with a dashboard, which takes jobs; whoever reaches loopback may give it some."""
    port, dashboard = free_ports(2)
    # sockets lie below, whose paths may have 107 bytes
    with (
        tempfile.TemporaryDirectory(prefix="trimtab-", dir="/tmp") as folder,
        pytest.MonkeyPatch.context() as patch,
    ):
        for name, value in ray_nodes.variables(port, dashboard, Path(folder)).items():
            if "AUTH" not in name:
                patch.setenv(name, value)
        nodes = ray_nodes.start(port, dashboard, Path(folder))
        try:
            yield
        finally:
            nodes.stop()


@pytest.fixture
def given(cluster: None, registry: Registry, tiny_model: Path) -> None:
    """A base and rows to learn, and a cluster."""
    give(registry, tiny_model)


def test_a_job_trains_what_a_process_here_would_and_reports(
    given: None, registry: Registry, tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, asset = built(profile(tmp_path, tiny_model, ON_RAY), SETTINGS)
    with dg.DagsterInstance.ephemeral() as instance:
        pipes = {"pipes": dg.PipesSubprocessClient()}
        result = dg.materialize([asset], resources=pipes, instance=instance, raise_on_error=False)
        assert result.success
        said = [entry.user_message for entry in instance.all_logs(result.run_id)]
    assert any("a Ray job that asks for 1 CPUs" in line for line in said)
    # what only the trainer knows, by Pipes
    assert any("step 1 of 2" in line for line in said)
    version = registry.passed("policy")
    assert Manifest.read(registry.folder(version)).processes == 1
    runs = str(registry.state.runs)
    (job,) = [job for job in jobs().list_jobs() if (job.metadata or {}).get(FOLDER, "").startswith(runs)]
    told = set((job.runtime_env or {}).get("env_vars", {}))
    assert {"TRIMTAB_HOME", "HF_DATASETS_CACHE"} <= told
    assert not [name for name in told if "CATALOG" in name or "KEY" in name or "TOKEN" in name]


def test_two_nodes_train_together_without_a_person(
    given: None, registry: Registry, tiny_model: Path, tmp_path: Path
) -> None:
    _, asset = built(profile(tmp_path, tiny_model, f"{ON_RAY}processes = 2\nmachines = 2\n"), SETTINGS)
    assert materialize(asset).success
    manifest = Manifest.read(registry.folder(registry.passed("policy")))
    assert (manifest.processes, manifest.strategy, manifest.micro_batch) == (2, "ddp", 4)


def test_the_sentence_of_a_job_that_failed_is_the_assets(
    given: None, tiny_model: Path, tmp_path: Path
) -> None:
    settings = light.LightSettings(batch_size=8, fate="fails")
    _, asset = built(profile(tmp_path, tiny_model, ON_RAY), settings, light.__name__)
    (failure,) = [event for event in materialize(asset).all_events if event.is_step_failure]
    assert "process 0 of policy is out of luck" in str(failure.step_failure_data.user_failure_data)


def test_a_job_that_an_earlier_run_left_is_stopped(cluster: None, tmp_path: Path) -> None:
    client = jobs()
    left = client.submit_job(entrypoint="sleep 600", metadata={FOLDER: str(tmp_path)})
    other = client.submit_job(entrypoint="sleep 600", metadata={FOLDER: str(tmp_path / "other")})
    while str(client.get_job_status(left)) == "PENDING":
        time.sleep(0.2)
    stop_left(client, tmp_path)
    assert str(client.get_job_status(left)) == "STOPPED"
    assert not client.get_job_status(other).is_terminal()
    stop_left(client, tmp_path / "other")


def test_a_trainer_that_no_node_can_hold_is_refused(cluster: None, tiny_model: Path, tmp_path: Path) -> None:
    small = profile(tmp_path, tiny_model, ON_RAY)
    large = small.model_copy(update={"launch": small.launch.model_copy(update={"processes": 8})})
    with pytest.raises(BadInput, match="asks for 8 CPUs, and the Ray cluster has 2 nodes of 4 CPUs at most"):
        require_room(large)
    elastic = large.model_copy(update={"launch": large.launch.model_copy(update={"elastic": True})})
    require_room(elastic)
