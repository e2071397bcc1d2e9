"""What is exported for trainers trains a step in the TRL trainer of its type."""

from pathlib import Path
from typing import Any

import pytest

from datasets_registry.exporting.exporting import export
from datasets_registry.registry import Registry
from datasets_registry.rows.cai import SftExample
from datasets_registry.rows.conversation import Tool
from datasets_registry.rows.imported import ChatMessage, Demonstration, HumanPreference, Problem
from datasets_registry.rows.prompts import HelpfulPrompt
from datasets_registry.rows.rft import Candidate, RftSelection, VerifiedPair
from datasets_registry.rows.rlaif import PreferencePair
from datasets_registry.rows.row import Row
from tests.rows import make
from tests.training.runs import commit

TURNS = [
    ChatMessage(role="system", content="Be brief."),
    ChatMessage(role="user", content="Hi"),
    ChatMessage(role="assistant", content="Hello."),
    ChatMessage(role="user", content="Why?"),
]
ADD = Tool(name="add", description="Adds", parameters='{"type": "object"}')
TWO = ("p1", "p2")
UNLABELLED = make(PreferencePair, "t", label="tie", chosen=None, rejected=None)
PAIRS: dict[str, list[Row]] = {
    "ours": [*(make(PreferencePair, name, history=TURNS[1:3]) for name in TWO), UNLABELLED],
    "imported": [make(HumanPreference, messages=TURNS, tools=[ADD]), make(HumanPreference, "p2")],
    "verified": [make(VerifiedPair, name) for name in TWO],
}
COMPLETIONS: dict[str, list[Row]] = {
    "ours": [make(SftExample, name) for name in TWO],
    "demonstrations": [make(Demonstration, name, messages=TURNS, tools=[ADD]) for name in TWO],
    "rft": [make(RftSelection, name) for name in TWO],
}
PROMPTS: dict[str, list[Row]] = {
    "problems": [make(Problem, name) for name in TWO],
    "prompts": [make(HelpfulPrompt, name) for name in TWO],
}


def loaded(registry: Registry, rows: list[Row], folder: Path) -> Any:
    """The training split of ``rows`` as the library loads their export."""
    import datasets

    version = registry.resolve(commit(registry, type(rows[0]), rows))
    export(registry, version, "trl", folder / "export")
    return datasets.load_dataset(str(folder / "export"), cache_dir=str(folder / "cache"))["train"]


def arguments(folder: Path) -> dict[str, Any]:
    """One step on a CPU in full precision."""
    return {
        "output_dir": str(folder / "run"),
        "max_steps": 1,
        "per_device_train_batch_size": 2,
        "report_to": "none",
        "use_cpu": True,
        "bf16": False,
        "gradient_checkpointing": False,
        "save_strategy": "no",
    }


def one_step(trainer: Any) -> None:
    """A step is taken, and its loss is a number."""
    loss = trainer.train().training_loss
    assert loss == loss and trainer.state.global_step == 1


@pytest.mark.parametrize("rows", COMPLETIONS.values(), ids=COMPLETIONS)
def test_completions_train_by_sft(
    registry: Registry, tiny_model: Path, tmp_path: Path, rows: list[Row]
) -> None:
    from trl import SFTConfig, SFTTrainer

    examples = loaded(registry, rows, tmp_path)
    trainer = SFTTrainer(str(tiny_model), args=SFTConfig(**arguments(tmp_path)), train_dataset=examples)
    text = trainer.processing_class.decode(trainer.train_dataset[0]["input_ids"])
    assert all(turn["content"] in text for turn in examples[0]["prompt"] + examples[0]["completion"])
    one_step(trainer)


@pytest.mark.parametrize("rows", PAIRS.values(), ids=PAIRS)
def test_pairs_train_by_dpo(registry: Registry, tiny_model: Path, tmp_path: Path, rows: list[Row]) -> None:
    from trl import DPOConfig, DPOTrainer

    examples = loaded(registry, rows, tmp_path)
    assert len(examples) == 2
    trainer = DPOTrainer(str(tiny_model), args=DPOConfig(**arguments(tmp_path)), train_dataset=examples)
    for example, ids in zip(examples, trainer.train_dataset["prompt_ids"], strict=True):
        text = trainer.processing_class.decode(ids)
        assert all(turn["content"] in text for turn in example["prompt"])
    one_step(trainer)


def test_pairs_train_a_reward_model(registry: Registry, tiny_model: Path, tmp_path: Path) -> None:
    from trl import RewardConfig, RewardTrainer

    examples = loaded(registry, PAIRS["imported"], tmp_path)
    one_step(RewardTrainer(str(tiny_model), args=RewardConfig(**arguments(tmp_path)), train_dataset=examples))


def test_verdicts_train_by_kto(registry: Registry, tiny_model: Path, tmp_path: Path) -> None:
    from trl import KTOConfig, KTOTrainer

    rows: list[Row] = [
        make(Candidate, "p1"),
        make(Candidate, "p2", accepted=False),
        make(Candidate, "p3", accepted=None),
    ]
    examples = loaded(registry, rows, tmp_path)
    assert sorted(examples["label"]) == [False, True]
    one_step(KTOTrainer(str(tiny_model), args=KTOConfig(**arguments(tmp_path)), train_dataset=examples))


# 2026-11-29: TRL imports all of vLLM where it is installed, and that warns of this and that
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("rows", PROMPTS.values(), ids=PROMPTS)
def test_prompts_train_by_grpo(registry: Registry, tiny_model: Path, tmp_path: Path, rows: list[Row]) -> None:
    from trl import GRPOConfig, GRPOTrainer

    golds: list[str] = []

    def reward(completions: list[Any], **columns: list[str]) -> list[float]:
        golds.extend(columns.get("answer", []))
        return [float(len(completion[0]["content"])) for completion in completions]

    trainer = GRPOTrainer(
        str(tiny_model),
        reward_funcs=reward,
        args=GRPOConfig(num_generations=2, max_completion_length=4, **arguments(tmp_path)),
        train_dataset=loaded(registry, rows, tmp_path),
    )
    one_step(trainer)
    assert set(golds) == ({"4"} if isinstance(rows[0], Problem) else set())
