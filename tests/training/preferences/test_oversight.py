"""Verdicts of debates train: softly by their probability, and those without a label not at all."""

from pathlib import Path
from typing import Any

from datasets_registry.registry import Registry
from datasets_registry.rows.oversight.preferences import OversightPreference
from tests.rows import make
from tests.training.runs import answer_log_probability, commit, manifest, write
from training.dpo import dpo
from training.reward_model import reward_model

SETTINGS = {
    "learning_rate": 3e-3,
    "batch_size": 8,
    "max_length": 64,
    "lora_rank": None,
    "min_steps": 1,
    "max_steps": 4,
}
VOID: dict[str, Any] = {
    "label": "unjudged",
    "p_a": None,
    "chosen": None,
    "rejected": None,
    "failure": "side b gives up",
}


def verdicts(registry: Registry) -> str:
    """Sixteen debates on sums that one answer won, and one that nobody did."""
    rows = [
        make(
            OversightPreference,
            f"p{number}",
            question_id=f"q{number}",
            prompt=f"{number}+{number}=?",
            chosen="A:7",
            rejected="A:8",
        )
        for number in range(16)
    ]
    return commit(registry, OversightPreference, [*rows, make(OversightPreference, "void", **VOID)])


def test_a_policy_and_a_reward_model_learn_verdicts(lab: Path, registry: Registry, tmp_path: Path) -> None:
    dataset = verdicts(registry)
    dpo(
        write(tmp_path / "dpo", dataset, settings={**SETTINGS, "target": "soft"}, system_text=None),
        lambda _: None,
    )
    assert manifest(tmp_path / "dpo")["rows"]["unlabelled"] == 1
    before, after = (
        answer_log_probability(folder, "9+9=?", "A:7") - answer_log_probability(folder, "9+9=?", "A:8")
        for folder in (lab, tmp_path / "dpo" / "model")
    )
    assert after > before
    reward_model(write(tmp_path / "reward", dataset, settings=SETTINGS, system_text=None), lambda _: None)
    assert manifest(tmp_path / "reward")["rows"]["unlabelled"] == 1
