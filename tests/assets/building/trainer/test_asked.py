"""What a trainer asks a cluster for, and what its job's line says where a node lacks something."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import ValidationError

from assets.building.opening import CLUSTER_POOL, MODEL_POOL, pool_of_trainers
from assets.building.trainer.ray_job import entrypoint
from assets.preflight.cluster import JOBS, Asked, asked_of, jobs
from assets.profile.launch import LaunchSection
from assets.profile.profile import load_profile
from datasets_registry.errors import BadInput
from tests.assets.building.trainer.launched import profile

ON_RAY = '[launch]\non = "ray"\n'
MACHINES = f"{ON_RAY}processes = 2\nmachines = 2\n"
needs_ray = pytest.mark.skipif(importlib.util.find_spec("ray") is None, reason="`make cluster` installs it")


def test_a_trainer_asks_for_gpus_where_there_are_some_and_for_cpus_otherwise(
    tiny_model: Path, tmp_path: Path
) -> None:
    launched = profile(tmp_path, tiny_model, MACHINES)
    assert asked_of(launched, [0, 8]) == Asked(1, "GPU", 2)
    assert asked_of(launched, [0, 0]) == Asked(1, "CPU", 2)
    required = launched.model_copy(update={"requires_gpu": True})
    assert asked_of(required, []) == Asked(1, "GPU", 2)


def test_what_no_node_can_ever_hold_is_refused_by_size() -> None:
    asked = Asked(8, "GPU", 2)
    assert asked.has_room([8, 16]) and not asked.has_room([8, 4, 4])
    assert asked.refusal([8, 4]) == (
        "[launch] asks for 8 GPUs on each of 2 nodes, and the Ray cluster has 2 nodes of 8 GPUs at most: "
        "lower launch.processes, add nodes, or set launch.elastic where the cluster adds them by itself"
    )


def test_trainings_on_a_cluster_take_slots_of_its_pool(tiny_model: Path, tmp_path: Path) -> None:
    assert pool_of_trainers(load_profile("laptop")) == MODEL_POOL
    assert pool_of_trainers(profile(tmp_path, tiny_model, ON_RAY)) == CLUSTER_POOL


def test_a_node_without_the_state_or_the_clone_says_so(tmp_path: Path) -> None:
    line = entrypoint([sys.executable, "-c", "print('trains')"], tmp_path / "run.json", Asked(1, "CPU"))
    run = subprocess.run(line, shell=True, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert run.returncode == 2 and run.stdout.startswith("error: node ")
    assert "does not see" in run.stdout and str(tmp_path / "run.json") in run.stdout
    (tmp_path / "run.json").touch()
    run = subprocess.run(line, shell=True, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert (run.returncode, run.stdout) == (0, "trains\n")


def test_several_machines_are_started_by_one_job() -> None:
    section = LaunchSection(on="ray", processes=4, machines=2)
    assert section.command("training.sft", Path("run.json"))[1:] == [
        *("-m", "training.launch.machines", "training.sft", "--config", "run.json")
    ]
    # nobody starts anything by hand
    assert section.further_commands("training.sft", Path("run.json")) == []


@pytest.mark.parametrize("config", [{"num_gpus": 8}, '{"num_gpus": 8, "num_cpus": 1}'])
def test_a_run_that_would_wait_for_its_own_gpus_is_refused(config: object) -> None:
    with pytest.raises(
        ValidationError, match="a run would hold 8 GPUs for which its own trainers and engines"
    ):
        LaunchSection.model_validate({"on": "ray", "tags": {"dagster-ray/config": config}})


def test_ppo_in_several_processes_is_refused(tiny_model: Path, tmp_path: Path) -> None:
    text = Path("profiles/small/cai.toml").resolve()
    path = tmp_path / "ppo.toml"
    path.write_text(f'extends = "{text}"\n{MACHINES}')
    with pytest.raises(BadInput, match="ppo trains in one process, and launch.processes is 2"):
        load_profile(str(path))


def test_packages_that_are_not_installed_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assets.preflight.cluster.find_spec", lambda name: None)
    with pytest.raises(BadInput, match=r"needs ray and dagster_ray, not installed here: `make cluster`"):
        jobs()


@needs_ray
def test_where_no_cluster_answers_is_said_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(JOBS, raising=False)
    monkeypatch.setenv("RAY_ADDRESS", "127.0.0.1:1")
    with pytest.raises(BadInput, match=r"no Ray cluster takes jobs at '127.0.0.1:1' \(.*refused"):
        jobs()
