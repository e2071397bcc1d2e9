"""Trainers as jobs of a Ray cluster of three nodes: what comes back of them, and what is left of them."""

import json
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg
import psutil
import pytest
import torch
from safetensors.torch import load_file
from torch.testing import assert_close

from assets.building.trainer import losses
from assets.building.trainer.ray_job import FOLDER, stop_left
from assets.cluster import ray_nodes
from assets.cluster.service import free_ports
from assets.preflight.cluster import jobs, require_room
from datasets_registry.errors import BadInput
from datasets_registry.exporting.places import CONFIG
from datasets_registry.manifest import Manifest
from datasets_registry.registry import Registry
from tests.assets.building.trainer.launched import built, give, materialize, profile
from tests.training import light
from tests.training.launch import paused
from training.settings.sft import SftSettings
from training.sft import sft

pytest.importorskip("dagster_ray", reason="`make cluster` installs it")
pytestmark = [pytest.mark.cluster, pytest.mark.filterwarnings("ignore")]

# two that train together, and one for that which is lost
NODES = 3
ON_RAY = '[launch]\non = "ray"\n'
SAVED_EACH_STEP = "[tracking]\ncheckpoint_minutes = 0\n"
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
        nodes = ray_nodes.start(port, dashboard, Path(folder), NODES)
        try:
            yield
        finally:
            nodes.stop()


@contextmanager
def killing(registry: Registry, found: Callable[[psutil.Process], psutil.Process]) -> Iterator[list[Path]]:
    """Kill what is ``found`` of a trainer that holds in its first checkpoint; a copy of its config."""
    configs: list[Path] = []

    def kill() -> None:
        while not (held := list(registry.state.runs.glob(f"*/{paused.HELD}"))):
            time.sleep(0.05)
        configs.append(Path(shutil.copy(held[0].with_name(CONFIG), registry.state.root)))
        top = found(psutil.Process(int(held[0].read_text())))
        for process in (top, *top.children(recursive=True)):
            process.kill()

    killer = threading.Thread(target=kill, daemon=True)
    killer.start()
    yield configs
    killer.join(5)
    assert not killer.is_alive()


def left_in_peace(config: Path) -> dict[str, torch.Tensor]:
    """The weights to which one process here comes by the same config."""
    told = json.loads(config.read_text()) | {"output": str(config.parent / "whole")}
    config = config.parent / "whole" / CONFIG
    config.parent.mkdir()
    config.write_text(json.dumps({name: value for name, value in told.items() if name != "launch"}))
    sft(config, lambda _: None)
    return weights(config.parent / "model")


def weights(model: Path) -> dict[str, torch.Tensor]:
    """All that are in a model's folder."""
    (file,) = model.rglob("*.safetensors")
    return load_file(file)


def itself(trainer: psutil.Process) -> psutil.Process:
    """The trainer's own process."""
    return trainer


def a_node_of(trainer: psutil.Process) -> psutil.Process:
    """The process of a node on which one of the trainer's processes is, and not the cluster's head."""
    config = trainer.cmdline()[-1]
    peers = (each for each in psutil.process_iter() if each.cmdline()[-1:] == [config])
    above = (each for peer in peers for each in peer.parents() if each.name() == "raylet")
    return next(each for each in above if "--head" not in each.cmdline())


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


def test_two_nodes_train_together_and_go_on_without_a_lost_one(
    given: None, registry: Registry, tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(losses, "PAUSE_SECONDS", 1.0)
    chosen = profile(tmp_path, tiny_model, f"{ON_RAY}processes = 2\nmachines = 2\n{SAVED_EACH_STEP}")
    _, asset = built(chosen, SETTINGS, paused.__name__)
    with killing(registry, a_node_of) as configs:
        assert materialize(asset).success
    model = registry.folder(registry.passed("policy"))
    manifest = Manifest.read(model)
    assert (manifest.processes, manifest.strategy, manifest.micro_batch) == (2, "ddp", 4)
    assert_close(weights(model), left_in_peace(configs[0]), rtol=0, atol=1e-5)


def test_a_killed_job_goes_on_from_its_checkpoint_when_it_is_built_again(
    given: None, registry: Registry, tiny_model: Path, tmp_path: Path
) -> None:
    _, asset = built(profile(tmp_path, tiny_model, f"{ON_RAY}{SAVED_EACH_STEP}"), SETTINGS, paused.__name__)
    with killing(registry, itself) as configs:
        assert not materialize(asset).success
    with dg.DagsterInstance.ephemeral() as instance:
        pipes = {"pipes": dg.PipesSubprocessClient()}
        result = dg.materialize([asset], resources=pipes, instance=instance)
        said = [entry.user_message for entry in instance.all_logs(result.run_id)]
    assert any("resumed from checkpoint-1" in line for line in said)
    assert not any("step 1 of 2" in line for line in said)
    model = registry.folder(registry.passed("policy"))
    assert_close(weights(model), left_in_peace(configs[0]), rtol=0, atol=1e-6)


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
    with pytest.raises(
        BadInput, match=r"asks for 8 CPUs, and the Ray cluster has \d nodes of 4 CPUs at most"
    ):
        require_room(large)
    elastic = large.model_copy(update={"launch": large.launch.model_copy(update={"elastic": True})})
    with pytest.raises(
        BadInput, match="shows no GPU yet: set requires_gpu = true .* or requires_gpu = false"
    ):
        require_room(elastic)
    require_room(elastic.model_copy(update={"requires_gpu": False}))
