"""A machine that cannot build what is to be built is refused in one sentence, before anything is spent."""

import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import dagster as dg
import pytest

from assets.graph import build_graph
from assets.preflight import ready
from assets.preflight.machine import Machine
from assets.preflight.ready import require_gpu, require_ready
from assets.profile.models import GivenModel
from assets.profile.profile import Profile, load_profile
from datasets_registry.errors import BadInput, NoSpace
from datasets_registry.state import REPOSITORY, State
from generation.engine import EngineSettings
from tests.assets.preflight.fake_machine import NO_DRIVER, RTX4090, machine, put_machine
from tests.assets.small import write_profile

pytestmark = pytest.mark.filterwarnings("ignore::dagster.PreviewWarning")
TRAINING = {"sft_policy": ("base_policy", "cai_sft")}


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch) -> Profile:
    """The shipped profile, with vLLM's CUDA build installed."""
    monkeypatch.setattr(ready, "installed", lambda: "cuda")
    monkeypatch.setattr(ready, "triton_problem", lambda: None)
    return load_profile("gpu")


def on(found: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let this be the machine."""
    monkeypatch.setattr(ready, "this_machine", lambda: found)


def free(gigabytes: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the disk have so much room."""
    monkeypatch.setattr("shutil.disk_usage", lambda path: SimpleNamespace(free=gigabytes * 1e9))


def test_no_gpu_an_old_driver_and_a_small_card_are_refused(gpu: Profile) -> None:
    with pytest.raises(BadInput, match=r"requires a GPU \(.*\), and there is no NVIDIA driver"):
        require_gpu(gpu, NO_DRIVER)
    with pytest.raises(BadInput, match="driver 550.54 is too old for torch 2.13.0, which has CUDA 13.0"):
        require_gpu(gpu, machine(85, driver="550.54"))
    with pytest.raises(
        BadInput, match="needs GPUs of 80 GB, and the GPU of 25.8 has 26 GB: take a profile for"
    ):
        require_gpu(gpu, machine(85, 25.8))
    require_gpu(gpu, machine(85.5))


def test_more_processes_than_gpus_are_refused_before_the_base_is_downloaded(gpu: Profile) -> None:
    launched = gpu.model_copy(update={"launch": gpu.launch.model_copy(update={"processes": 8})})
    with pytest.raises(
        BadInput, match="launch.processes asks for 8 GPUs on each machine, and this one has 1"
    ):
        require_gpu(launched, machine(85))
    require_gpu(launched, machine(*[85] * 8))


def test_a_gpu_is_asked_for_where_a_model_runs_and_nowhere_else(
    gpu: Profile, state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    on(NO_DRIVER, monkeypatch)
    free(1000, monkeypatch)
    for asset, read in {**TRAINING, "cai_revisions": ("red_team_prompts", "base_policy")}.items():
        with pytest.raises(BadInput, match="requires a GPU"):
            require_ready(gpu, state, {asset: read})
    # a login node may download the base, and anyone read prompt files
    require_ready(gpu, state, {"base_policy": (), "red_team_prompts": ()})
    require_ready(load_profile("laptop"), state, TRAINING)


def test_vllm_must_be_there_and_of_the_right_build(
    gpu: Profile, state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    on(machine(85), monkeypatch)
    free(1000, monkeypatch)
    require_ready(gpu, state, TRAINING)
    for build, why in ((None, "not installed: `make vllm`"), ("cpu", "vLLM's CPU build is installed")):
        monkeypatch.setattr(ready, "installed", lambda build=build: build)
        with pytest.raises(BadInput, match=why):
            require_ready(gpu, state, TRAINING)
    monkeypatch.setattr(ready, "installed", lambda: "cuda")
    monkeypatch.setattr(ready, "triton_problem", lambda: "Triton lacks a C compiler")
    with pytest.raises(BadInput, match="CUDA build is installed and would not run: Triton lacks a C"):
        require_ready(gpu, state, TRAINING)
    # a profile for a CPU on a machine that has the other build
    on(NO_DRIVER, monkeypatch)
    any_machine = gpu.model_copy(update={"requires_gpu": False})
    with pytest.raises(
        BadInput, match="CUDA build is installed and would not run: there is no NVIDIA driver"
    ):
        require_ready(any_machine, state, TRAINING)
    monkeypatch.setattr(ready, "installed", lambda: "cpu")
    require_ready(any_machine, state, TRAINING)


HOSTED = GivenModel(
    backend="openai",
    engine=EngineSettings(base_url="https://judge.test/v1", served_model="judge-1", api_key_env="JUDGE_KEY"),
)


@pytest.mark.parametrize("key", [None, " "])
@pytest.mark.parametrize("to_build", [{"judge": ()}, {"ai_judgements": ("completion_pairs", "judge")}])
def test_a_key_that_is_not_there_is_refused_where_its_server_is_to_be_asked(
    to_build: dict[str, tuple[str, ...]], key: str | None, state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    laptop = load_profile("laptop")
    profile = laptop.model_copy(update={"models": {**laptop.models, "judge": HOSTED}, "min_free_gb": 0.0})
    monkeypatch.delenv("JUDGE_KEY", raising=False)
    # nothing of it asks the server
    require_ready(profile, state, {"red_team_prompts": ()})
    if key is not None:
        monkeypatch.setenv("JUDGE_KEY", key)
    with pytest.raises(BadInput, match=r"judge: the environment variable JUDGE_KEY .* is not set: put the"):
        require_ready(profile, state, {"red_team_prompts": (), **to_build})
    monkeypatch.setenv("JUDGE_KEY", "sk-secret")
    require_ready(profile, state, to_build)


@pytest.mark.parametrize(
    ("engine", "cards", "needed"),
    [({"replicas": 4}, 2, 4), ({"replicas": 2, "tensor_parallel_size": 2}, 3, 4), ({"replicas": 2}, 2, None)],
)
def test_an_engine_over_more_cards_than_there_are_is_refused(
    gpu: Profile,
    state: State,
    monkeypatch: pytest.MonkeyPatch,
    engine: dict[str, int],
    cards: int,
    needed: int | None,
) -> None:
    on(machine(*[85] * cards), monkeypatch)
    free(1000, monkeypatch)
    base = gpu.given("base_policy")
    spread = base.model_copy(update={"engine": base.engine.model_copy(update=engine)})
    profile = gpu.model_copy(update={"models": {**gpu.models, "base_policy": spread}})
    with (
        nullcontext()
        if needed is None
        else pytest.raises(
            BadInput, match=rf"base_policy: engine.replicas = .* needs {needed} cards, and .* {cards}: lower"
        )
    ):
        require_ready(profile, state, TRAINING)


def test_a_full_disk_is_refused_by_what_is_to_be_built(
    gpu: Profile, state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    on(machine(85), monkeypatch)
    free(20, monkeypatch)
    with pytest.raises(
        NoSpace, match=r"has 20.0 GB free, .* about 2\d.\d GB \(base_policy 16.1, .*TRIMTAB_HOME"
    ):
        require_ready(gpu, state, {"base_policy": (), **TRAINING})
    # after the base, the same disk suffices; and what is finished needs nothing
    require_ready(gpu, state, TRAINING)
    free(0, monkeypatch)
    with pytest.raises(NoSpace, match="has 0.0 GB free"):
        require_ready(gpu, state, TRAINING)
    require_ready(gpu, state, {})


def test_a_demo_without_a_gpu_ends_before_it_downloads(tmp_path: Path) -> None:
    environment = put_machine(tmp_path)
    # the demo's libraries need a torch that is one
    environment["PYTHONPATH"] = str(REPOSITORY)
    home = tmp_path / "home"
    run = subprocess.run(
        [sys.executable, "-m", "assets.demo"],
        env=environment
        | {"TRIMTAB_PROFILE": "gpu", "TRIMTAB_HOME": str(home), "DAGSTER_HOME": _dagster(tmp_path)},
        capture_output=True,
        text=True,
        cwd=REPOSITORY,
    )
    assert run.returncode == 2 and "error: this profile requires a GPU" in run.stderr
    assert "to build: base_policy" in run.stdout and not (home / "models" / "hub").exists()


def _dagster(folder: Path) -> str:
    home = folder / "dagster"
    home.mkdir()
    (home / "dagster.yaml").write_text("telemetry: {enabled: false}")
    return str(home)


def test_the_first_asset_of_a_run_asks_for_the_whole_run(
    state: State, tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_profile(tmp_path / "profile", tiny_model)
    path.write_text(path.read_text().replace("min_free_gb = 0.1", "min_free_gb = 0.1\nrequires_gpu = true"))
    on(machine(24.1, driver="550.54"), monkeypatch)
    asked: list[Any] = []

    def ask(profile: Profile, state: State, inputs: Any) -> None:
        asked.append(set(inputs))
        require_ready(profile, state, inputs)

    monkeypatch.setattr("assets.building.opening.require_ready", ask)
    job = build_graph(load_profile(str(path))).definitions.resolve_implicit_global_asset_job_def()
    # all of the run, before its first asset, which needs no GPU itself
    whole = [dg.AssetKey(name) for name in ("base_policy", "red_team_prompts", "cai_revisions")]
    result = job.execute_in_process(raise_on_error=False, asset_selection=whole)
    failures = [event for event in result.all_events if event.is_step_failure]
    assert failures and all("driver 550.54 is too old" in _sentence(event) for event in failures)
    assert asked[0] == {"base_policy", "red_team_prompts", "cai_revisions"}
    asked.clear()
    assert job.execute_in_process(asset_selection=whole[:2]).success
    assert asked == [{"base_policy", "red_team_prompts"}]
    asked.clear()
    assert job.execute_in_process(asset_selection=whole[:2]).success
    assert asked == [set()]


def _sentence(event: dg.DagsterEvent) -> str:
    return str(event.step_failure_data.user_failure_data)


def test_a_small_card_is_named_as_the_driver_names_it(tmp_path: Path) -> None:
    script = "from assets.preflight.machine import this_machine; print(*this_machine().gpus, sep='; ')"
    run = subprocess.run(
        [sys.executable, "-c", script],
        env=put_machine(tmp_path, [RTX4090, RTX4090], "580.65.06"),
        capture_output=True,
        text=True,
        cwd=REPOSITORY,
    )
    assert run.stdout.strip() == "NVIDIA GeForce RTX 4090, 26 GB; NVIDIA GeForce RTX 4090, 26 GB", run.stderr
