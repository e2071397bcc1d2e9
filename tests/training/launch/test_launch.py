"""Several processes train one model: the same as one would, resumed, in step, and ended together."""

import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest
import torch
from polars import read_parquet
from pydantic import ValidationError
from safetensors.torch import load_file

from datasets_registry.errors import BadInput
from datasets_registry.registry import Registry
from datasets_registry.rows.cai import SftExample
from datasets_registry.rows.imported import Problem
from datasets_registry.state import State
from generation.models.adapters import read_adapter
from tests.loaded import write_adapted
from tests.rows import make
from tests.training.online_runs import scorer
from tests.training.plans import Plan, carried_out, given
from tests.training.runs import SETTINGS, as_it_is, commit, manifest, write
from training.launch.__main__ import require_possible
from training.launch.files import write_launch_config
from training.launch.run import LaunchedRun
from training.settings.launch import Launch
from training.settings.run import read_config
from training.sft import sft

TWO: dict[str, Any] = {"launch": {"processes": 2}}
SHARDED: dict[str, Any] = {"launch": {"processes": 2, "strategy": "fsdp"}}
FULL: dict[str, Any] = {"lora_rank": None, "learning_rate": 1e-3}
DRAWN = FULL | {
    "num_draws": 4,
    "max_completion_length": 8,
    "rewards": {"verifier": 0.0, "reward_models": 1.0},
}
LAUNCHES: dict[str, Any] = {"one": {}, "two": TWO, "sharded": SHARDED}
PAIRED = ("orpo", "kto")


@pytest.fixture(scope="module")
def together(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path) -> Plan:
    """Runs by two processes, killed and resumed, and by one with the same settings."""
    root = tmp_path_factory.mktemp("together")
    sft_rows, pairs = given(root, tiny_model)
    registry = Registry(State(root / "state"))
    problems = commit(registry, Problem, [make(Problem, f"q{number}") for number in range(16)])
    online: dict[str, Any] = {"reward_models": [scorer(registry, tiny_model)], "system_text": None}
    reference = as_it_is(registry, write_adapted(tiny_model, registry.state.models / "adapted", 3))
    registry.engine.dispose()
    beside = {"reference": reference, "replay": sft_rows}

    def job(name: str, stop: str | None = None, **told: Any) -> dict[str, Any]:
        trainer = name.partition("_")[0]
        dataset = {"sft": sft_rows, "grpo": problems, "rloo": problems}.get(trainer, pairs)
        more: dict[str, Any] = {"dpo": FULL, "grpo": DRAWN, "rloo": DRAWN}.get(trainer, {})
        more = {**more, "replay_share": 0.3} if "replay" in told else more
        soft = {"target": "soft"} if name == "dpo_soft" else {}
        batch = {"batch_size": 4, "gradient_accumulation": 2} if trainer == "sft" else {"batch_size": 8}
        settings = {**SETTINGS, "max_steps": 5, **batch, **more, **soft}
        told = {"checkpoint_minutes": 0 if stop else 5, "settings": settings, **told}
        path = write(root / name, dataset, **told)
        return {"trainer": trainer, "config": str(path), "stop": stop, "nth": 2}

    jobs = [job("sft_one")]
    for name, told in (("sft_two", TWO), ("sft_sharded", SHARDED)):
        killed = job(name, "SIGKILL", **told)
        jobs += [killed, killed | {"stop": None}]
    jobs += [job("dpo_one"), job("dpo_sharded", **SHARDED), job("dpo_soft", **TWO)]
    jobs += [job(f"dpo_beside_{name}", **told, **beside) for name, told in LAUNCHES.items()]
    jobs += [job(f"{trainer}_one") for trainer in PAIRED] + [
        job(f"{trainer}_two", **TWO) for trainer in PAIRED
    ]
    jobs += [job(f"{name}_two", **TWO, **online) for name in ("grpo", "rloo")]
    jobs += [job("grpo_sharded", **SHARDED, **online)]
    return carried_out(root, jobs)


def weights(folder: Path) -> dict[str, torch.Tensor]:
    """All weights of a model, or what its adapter adds to them."""
    if (folder / "model.safetensors").exists():
        return load_file(folder / "model.safetensors")
    adapter = read_adapter(folder / "adapter")
    return {module: adapter.update(module) for module in adapter.downs}


def furthest(plan: Plan, *names: str) -> float:
    """The greatest difference of any weight of two models."""
    first, second = (weights(plan.root / name / "model") for name in names)
    assert first.keys() == second.keys()
    return max(float((first[name] - second[name]).abs().max()) for name in first)


@pytest.mark.parametrize("name", ["sft_two", "sft_sharded"])
def test_two_processes_killed_and_resumed_learn_what_one_does_by_the_same_settings(
    together: Plan, name: str
) -> None:
    killed, last = together.of(name)
    assert killed["codes"] == [-9, -9] and last["codes"] == [0, 0]
    assert f"resumed from {killed['whole'][-1]}\n" in last["said"] and last["said"].count("done in") == 1
    assert furthest(together, name, "sft_one") < 1e-5
    said = manifest(together.root / name)
    assert (said["processes"], said["micro_batch"], said["effective_batch"]) == (2, 4, 8)
    assert said["strategy"] == ("ddp" if name == "sft_two" else "fsdp")
    wanted = [loss for _, loss in manifest(together.root / "sft_one")["loss"]]
    assert [loss for _, loss in said["loss"]] == pytest.approx(wanted, abs=1e-5)


def test_both_processes_hold_the_same_weights_in_the_end(together: Plan) -> None:
    sums = [(together.root / "sft_two" / f"weights-{rank}.txt").read_text() for rank in (0, 1)]
    assert float(sums[0]) > 0 and sums[0] == sums[1]


def test_sharded_dpo_of_all_weights_has_a_whole_reference(together: Plan) -> None:
    assert manifest(together.root / "dpo_sharded")["loss"][0][1] == pytest.approx(0.693147, abs=1e-5)
    assert furthest(together, "dpo_sharded", "dpo_one") < 1e-4


@pytest.mark.parametrize("name", ["dpo_beside_two", "dpo_beside_sharded"])
def test_a_named_reference_and_replayed_rows_are_shared_by_two(together: Plan, name: str) -> None:
    assert together.of(name)[0]["codes"] == [0, 0], together.of(name)[0]["said"]
    assert furthest(together, name, "dpo_beside_one") < 1e-4
    said, wanted = (manifest(together.root / each) for each in (name, "dpo_beside_one"))
    assert abs(wanted["loss"][0][1] - 0.6931) > 0.01 and wanted["rows"]["replay_trained"] > 1
    assert said["metrics"]["replay_loss"] == pytest.approx(wanted["metrics"]["replay_loss"], abs=1e-4)


def test_two_processes_learn_from_soft_targets_of_one_reference(together: Plan) -> None:
    assert together.of("dpo_soft")[0]["codes"] == [0, 0]
    said = manifest(together.root / "dpo_soft")
    assert said["loss"][0][1] == pytest.approx(0.693147, abs=1e-5)
    assert said["metrics"]["rewards/margins"] > 0.1


@pytest.mark.parametrize("trainer", PAIRED)
def test_other_trainers_on_pairs_learn_the_same_by_two(together: Plan, trainer: str) -> None:
    assert together.of(f"{trainer}_two")[0]["codes"] == [0, 0]
    assert furthest(together, f"{trainer}_two", f"{trainer}_one") < 1e-5


@pytest.mark.parametrize("name", ["grpo_two", "rloo_two", "grpo_sharded"])
def test_two_processes_draw_for_their_prompts_and_learn_together(together: Plan, name: str) -> None:
    ended = together.of(name)[0]
    assert ended["codes"] == [0, 0], ended["said"]
    said = manifest(together.root / name)
    assert len(said["curves"]["reward"]) == 5 and said["curves"]["kl"][-1][1] != 0
    assert said["curves"]["rewards/reward_models"][0][1] != 0
    sums = [(together.root / name / f"weights-{rank}.txt").read_text() for rank in (0, 1)]
    assert name == "grpo_sharded" or sums[0] == sums[1]
    rollouts = read_parquet(together.root / name / "rollouts.parquet").to_dicts()
    places = [(row["step"], row["group"], row["sample"]) for row in rollouts]
    # eight samples a step, the four of a prompt by one process
    assert places == [(step, group, draw) for step in range(1, 6) for group in (0, 1) for draw in range(4)]
    assert all(row["process"] == row["group"] for row in rollouts)
    assert len({(row["step"], row["group"], row["prompt_id"]) for row in rollouts}) == 10


def test_a_run_of_two_processes_is_not_begun_by_one(base: Path, registry: Registry, tmp_path: Path) -> None:
    dataset = commit(registry, SftExample, [make(SftExample, f"p{number}") for number in range(8)])
    with pytest.raises(BadInput, match="in 2 processes, and this is one of 1: start it by `python -m"):
        sft(write(tmp_path, dataset, **TWO), lambda _: None)


@pytest.mark.skipif(importlib.util.find_spec("deepspeed") is not None, reason="DeepSpeed is installed")
@pytest.mark.parametrize("strategy", ["zero2", "zero3"])
def test_without_deepspeed_its_strategies_are_refused_before_a_start(strategy: str, tmp_path: Path) -> None:
    path = write(tmp_path, "cai_sft@1", launch={"processes": 2, "strategy": strategy})
    with pytest.raises(BadInput, match=f"strategy '{strategy}' needs DeepSpeed, which is not installed"):
        require_possible(read_config(LaunchedRun, path))


def test_more_processes_than_gpus_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = read_config(LaunchedRun, write(tmp_path, "cai_sft@1", **TWO))
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    with pytest.raises(BadInput, match="2 processes on a machine of 1 GPUs: lower launch.processes"):
        require_possible(config)


@pytest.mark.parametrize(
    ("told", "message"),
    [
        ({"processes": 3, "machines": 2, "main_address": "a"}, "2 machines cannot share 3 processes evenly"),
        ({"strategy": "fsdp"}, "strategy 'fsdp' is for several processes"),
        ({"processes": 2, "strategy": "pipeline"}, "'ddp', 'fsdp', 'zero2' or 'zero3'"),
    ],
)
def test_launches_that_do_not_fit_together_are_refused(told: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Launch.model_validate(told)


def test_machines_that_nobody_brings_together_need_an_address() -> None:
    with pytest.raises(ValueError, match="several machines need main_address"):
        Launch(processes=2, machines=2).require_meeting()


@pytest.mark.parametrize(
    ("strategy", "kind"),
    [("ddp", "MULTI_GPU"), ("fsdp", "FSDP"), ("zero2", "DEEPSPEED"), ("zero3", "DEEPSPEED")],
)
def test_accelerate_reads_the_file_of_each_strategy(strategy: str, kind: str, tmp_path: Path) -> None:
    from accelerate.commands.config.config_args import load_config_from_file

    told = {"processes": 4, "strategy": strategy, "machines": 2, "main_address": "node-0"}
    path = write_launch_config(tmp_path, Launch.model_validate(told), machine_rank=1, bfloat16=True)
    read = load_config_from_file(str(path))
    assert read.distributed_type.value == kind
    assert (read.num_processes, read.num_machines, read.machine_rank) == (4, 2, 1)
    assert (read.main_process_ip, read.main_process_port) == ("node-0", 29500)
    if strategy == "fsdp":
        assert read.fsdp_config["fsdp_version"] == 2 and read.mixed_precision == "bf16"
    if kind == "DEEPSPEED":
        zero = json.loads(Path(read.deepspeed_config["deepspeed_config_file"]).read_text())[
            "zero_optimization"
        ]
        assert zero["stage"] == int(strategy[-1])
        assert zero.get("stage3_gather_16bit_weights_on_model_save", False) == (strategy == "zero3")
