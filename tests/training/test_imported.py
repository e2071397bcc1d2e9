"""Imported labels are trained on: steps of every form, and answers that are desirable or not."""

import math
from pathlib import Path
from typing import Any

import pytest

from datasets_registry.errors import BadInput
from datasets_registry.registry import Registry
from datasets_registry.rows.imported import StepwiseSupervision, UnpairedPreference
from tests.datasets_registry.samples import imported, write_lines
from tests.training.runs import commit, manifest, write
from training.data.desirability import judged
from training.process_reward_model import process_reward_model

SETTINGS = {
    "learning_rate": 1e-3,
    "max_steps": 2,
    "min_steps": 1,
    "batch_size": 4,
    "max_length": 256,
    "held_out_share": 0.2,
    "lora_rank": None,
}


def stepwise(number: int) -> dict[str, Any]:
    """TRL's stepwise supervision."""
    return {
        "prompt": f"{number}?",
        "completions": ["one", f"two {number}"],
        "labels": [True, bool(number % 2)],
    }


def math_shepherd(number: int) -> dict[str, Any]:
    """Math-Shepherd's marks."""
    marked = f"{number}? Step 1: one ки\nStep 2: two {number} ки"
    return {"input": marked, "label": marked.replace("ки", "+", 1).replace("ки", "+-"[number % 2])}


def prm800k(number: int) -> dict[str, Any]:
    """PRM800K's ratings, of which 0 is neutral."""
    steps = [
        {"completions": [{"text": text, "rating": rating}], "human_completion": None, "chosen_completion": 0}
        for text, rating in (("one", 1), ("well", 0), (f"two {number}", number % 2 or -1))
    ]
    return {"question": {"problem": f"{number}?"}, "label": {"steps": steps, "finish_reason": "solution"}}


@pytest.mark.parametrize("form", [stepwise, math_shepherd, prm800k])
def test_imported_step_labels_train_a_process_reward_model(
    form: Any, base: Path, registry: Registry, tmp_path: Path
) -> None:
    found = imported(write_lines(tmp_path / "steps.jsonl", *map(form, range(20))))
    dataset = commit(registry, StepwiseSupervision, found.rows)
    process_reward_model(write(tmp_path, dataset, settings=SETTINGS), lambda _: None)
    said = manifest(tmp_path)
    assert said["rows"]["given"] == 20 and said["rows"]["trained"] + said["rows"]["held_out"] == 20
    assert math.isfinite(said["metrics"]["loss"]) and said["metrics"]["held_out_num_steps"] > 0


def test_soft_labels_are_asked_of_rollouts_alone(base: Path, registry: Registry, tmp_path: Path) -> None:
    found = imported(write_lines(tmp_path / "steps.jsonl", *map(stepwise, range(4))))
    dataset = commit(registry, StepwiseSupervision, found.rows)
    with pytest.raises(BadInput, match="has no column 'soft'"):
        process_reward_model(write(tmp_path, dataset, settings=SETTINGS | {"target": "soft"}), lambda _: None)


def test_imported_answers_that_are_desirable_or_not_are_what_kto_reads(tmp_path: Path) -> None:
    rows = [{"prompt": "Hi", "completion": text, "label": text == "Yes."} for text in ("Yes.", "No.")]
    found = imported(write_lines(tmp_path / "answers.jsonl", *rows))
    read, given = judged([row.model_dump() for row in found.rows if isinstance(row, UnpairedPreference)], "x")  # type: ignore[misc]
    assert given == 2 and [(row["completion"], row["label"]) for row in read] == [
        ("Yes.", True),
        ("No.", False),
    ]
