"""In bfloat16 two processes, whole or sharded, see what one sees, and what is trained is float32."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from datasets_registry.registry import Registry
from datasets_registry.rows.imported import Problem
from datasets_registry.rows.prm import StepLabels
from datasets_registry.rows.rlaif import PreferencePair
from datasets_registry.state import State
from tests.rows import make
from tests.training.online_runs import scorer
from tests.training.plans import Plan, carried_out, given
from tests.training.runs import SETTINGS, commit, labelled, manifest, write

# an answer of so many words has a log-probability of hundreds of nats, where bfloat16 knows multiples of 2
WORDS = 70
MARGINS = {
    "dpo": "rewards/margins",
    "orpo": "rewards/margins",
    "kto": "rewards/margins",
    "reward_model": "margin",
    "process_reward_model": None,
    # all weights, whose reference is a model of its own that is sharded too
    "dpo_whole": "rewards/margins",
}
ONLINE = ("grpo", "rloo")
DRAWN: dict[str, Any] = {
    "num_draws": 4,
    "max_completion_length": 8,
    "rewards": {"verifier": 0.0, "reward_models": 1.0},
}
LAUNCHES: dict[str, dict[str, Any]] = {
    "one": {},
    "ddp": {"launch": {"processes": 2}},
    "fsdp": {"launch": {"processes": 2, "strategy": "fsdp"}},
}


def without_dropout(source: Path, folder: Path) -> Path:
    """The model, whose classifiers drop nothing out: processes would each drop out their own."""
    shutil.copytree(source, folder)
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"classifier_dropout": 0.0}))
    return folder


@pytest.fixture(scope="module")
def rounded(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path) -> Plan:
    """Each trainer in bfloat16: by one process, by two, and by two that share the weights."""
    root = tmp_path_factory.mktemp("rounded")
    model = without_dropout(tiny_model, root / "given")
    sft_rows, _ = given(root, model)
    registry = Registry(State(root / "state"))
    pairs = [
        make(PreferencePair, f"p{number}", chosen="yes " * (WORDS + number % 5), rejected="no " * WORDS)
        for number in range(16)
    ]
    steps = [labelled(number, ["1+1=2", "3"], [True, number % 2 == 0]) for number in range(16)]
    problems = commit(registry, Problem, [make(Problem, f"q{number}") for number in range(16)])
    datasets = {
        "sft": sft_rows,
        "process_reward_model": commit(registry, StepLabels, steps),
        **dict.fromkeys(ONLINE, problems),
    }
    pair_rows = commit(registry, PreferencePair, pairs)
    reward: dict[str, Any] = {"reward_models": [scorer(registry, model)], "system_text": None}
    registry.engine.dispose()
    more: dict[str, dict[str, Any]] = {
        "process_reward_model": {"held_out_share": 0},
        "reward_model": {"held_out_share": 0},
        "grpo": DRAWN,
        "rloo": DRAWN,
        "dpo_whole": {"lora_rank": None, "learning_rate": 5e-5},
    }

    def job(name: str, launch: str) -> dict[str, Any]:
        settings = {
            **SETTINGS,
            "dtype": "bfloat16",
            "learning_rate": 5e-4,
            "max_steps": 5,
            "batch_size": 4,
            "gradient_accumulation": 2,
            "max_length": 256,
            **more.get(name, {}),
        }
        told = {"settings": settings, **LAUNCHES[launch], **(reward if name in ONLINE else {})}
        path = write(root / f"{name}_{launch}", datasets.get(name, pair_rows), **told)
        return {"trainer": name.removesuffix("_whole"), "config": str(path)}

    jobs = [job(name, launch) for name in ("sft", *MARGINS) for launch in LAUNCHES]
    return carried_out(root, [*jobs, *(job(name, "one") for name in ONLINE)])


def curve(plan: Plan, name: str, figure: str | None) -> list[float]:
    """A figure of each step of a run, or the loss."""
    said = manifest(plan.root / name)
    return [value for _, value in (said["curves"][figure] if figure else said["loss"])]


@pytest.mark.parametrize("launch", ["ddp", "fsdp"])
@pytest.mark.parametrize("trainer", ["sft", *MARGINS])
def test_two_processes_see_the_losses_and_margins_of_one(rounded: Plan, trainer: str, launch: str) -> None:
    ended = rounded.of(f"{trainer}_{launch}")[0]
    assert ended["codes"] == [0, 0], ended["said"]
    # FSDP casts norms too where all weights are trained; unrounded outputs or not differ by a fifth there
    near = 5e-3 if trainer.endswith("whole") else 1e-3
    for figure in {None, MARGINS.get(trainer)}:
        one, two = (curve(rounded, f"{trainer}_{name}", figure) for name in ("one", launch))
        assert two == pytest.approx(one, abs=near, rel=near), figure


@pytest.mark.parametrize("trainer", ["sft", *MARGINS, *ONLINE])
def test_all_that_is_trained_is_float32(rounded: Plan, trainer: str) -> None:
    files = [file for name in LAUNCHES for file in rounded.root.glob(f"{trainer}_{name}/weights-*.types")]
    assert len(files) == (1 if trainer in ONLINE else 5)
    assert {path.read_text() for path in files} == {"torch.float32"}


def test_sharded_adapters_are_told_of_the_faster_way(rounded: Plan) -> None:
    said = "an adapter by strategy = 'fsdp' gathers the whole base at each step: strategy = 'ddp' is faster"
    assert said in rounded.of("dpo_fsdp")[0]["said"] and said not in rounded.of("dpo_ddp")[0]["said"]
