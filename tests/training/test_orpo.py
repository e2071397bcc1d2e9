"""ORPO learns the chosen completion and the odds against the rejected one, on completions' tokens alone."""

from math import exp, log
from pathlib import Path
from statistics import fmean
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from transformers import AutoTokenizer

from datasets_registry.errors import BadInput, ModelFailed
from datasets_registry.registry import Registry
from datasets_registry.rows.rft import GoldSolution, VerifiedPair
from datasets_registry.rows.rlaif import PreferencePair
from tests.rows import make
from tests.training.runs import (
    SETTINGS,
    answer_log_probability,
    commit,
    gold,
    manifest,
    resumed_to_the_same,
    verified,
    write,
)
from training.data.pairs import pair_example
from training.orpo import below_certain, orpo, pair_tokens

ALL = {"learning_rate": 3e-3, "batch_size": 8, "max_length": 64, "lora_rank": None, "min_steps": 1}


def trained(folder: Path, dataset: str, **settings: Any) -> dict[str, Any]:
    """The manifest of a run of all weights."""
    orpo(write(folder, dataset, settings={**ALL, **settings}, system_text=None), lambda _: None)
    return manifest(folder)


def sums(registry: Registry, count: int = 16) -> str:
    """Pairs that all prefer the same answer."""
    return commit(registry, VerifiedPair, [verified(number, "A:7", "A:8") for number in range(count)])


def margin(folder: Path, prompt: str = "99+1=?") -> float:
    """Of a prompt that no run has seen."""
    return answer_log_probability(folder, prompt, "A:7") - answer_log_probability(folder, prompt, "A:8")


def test_the_loss_is_that_of_the_paper_over_the_completions_tokens(
    lab: Path, registry: Registry, tmp_path: Path
) -> None:
    pairs = [verified(number, "A:7", "1+1=2\nA:8") for number in range(4)]
    dataset = commit(registry, VerifiedPair, pairs)
    said = trained(tmp_path, dataset, batch_size=4, max_steps=1, warmup_share=0, learning_rate=1e-9, beta=0.5)
    chosen, rejected = (
        [answer_log_probability(lab, pair.prompt, getattr(pair, side)) for pair in pairs]
        for side in ("chosen", "rejected")
    )
    odds = [
        better - log(1 - exp(better)) - worse + log(1 - exp(worse))
        for better, worse in zip(chosen, rejected, strict=True)
    ]
    wanted = -fmean(chosen) + 0.5 * fmean(log(1 + exp(-logit)) for logit in odds)
    assert said["loss"][0][1] == pytest.approx(wanted, abs=1e-4)


def test_an_unseen_prompt_gets_the_chosen_answer_and_a_heavier_beta_shuns_the_rejected_one(
    lab: Path, registry: Registry, tmp_path: Path
) -> None:
    dataset = sums(registry)
    said = trained(tmp_path / "light", dataset, max_steps=6)
    assert said["rows"] == {"given": 16, "trained": 16, "too_long": 0, "unlabelled": 0}
    assert said["trainer"] == "orpo" and said["metrics"]["rewards/accuracies"] == 1.0
    trained(tmp_path / "heavy", dataset, max_steps=6, beta=2.0)
    light, heavy = (tmp_path / name / "model" for name in ("light", "heavy"))
    assert abs(margin(lab)) < 0.1 < 0.2 < margin(light) < margin(heavy) - 0.1
    for folder in (light, heavy):
        before = answer_log_probability(lab, "99+1=?", "A:7")
        assert answer_log_probability(folder, "99+1=?", "A:7") > before + 0.5


def test_a_turn_ends_once_and_only_the_completion_is_learned(base: Path) -> None:
    tokenizer = AutoTokenizer.from_pretrained(base)
    example = pair_example(tokenizer, {"prompt": "a", "chosen": "yes", "rejected": "no no"}, "Be brief.")
    found = pair_tokens(example)
    for side, text in (("chosen", "yes"), ("rejected", "no no")):
        ids, labels = found[f"{side}_input_ids"], found[f"{side}_labels"]
        learned = [label for label in labels if label != -100]
        assert tokenizer.decode(learned) == f"{text}<|im_end|>\n" and ids[-len(learned) :] == learned
        assert tokenizer.decode(ids).startswith(
            "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\na"
        )
        assert len(ids) == len(labels) == len(found[f"{side}_attention_mask"])


def test_a_killed_run_comes_to_the_same_weights(base: Path, registry: Registry, tmp_path: Path) -> None:
    pairs = [make(PreferencePair, f"p{number}", chosen="yes yes", rejected="no no no") for number in range(8)]
    settings = SETTINGS | {"num_epochs": 3, "batch_size": 4}
    dataset = commit(registry, PreferencePair, pairs)
    assert resumed_to_the_same(
        orpo, write(tmp_path / "run", dataset, settings=settings, checkpoint_minutes=0)
    )
    assert (tmp_path / "run" / "model" / "adapter").is_dir()


def test_ties_and_long_pairs_are_counted_and_not_learned(
    base: Path, registry: Registry, tmp_path: Path
) -> None:
    rows = [make(PreferencePair, f"p{number}", chosen="yes", rejected="no") for number in range(8)]
    rows.append(make(PreferencePair, "tie", label="tie", chosen=None, rejected=None))
    rows.append(make(PreferencePair, "long", chosen="yes", rejected="no " * 200))
    settings = SETTINGS | {"max_steps": 1, "warmup_share": 0}
    path = write(tmp_path, commit(registry, PreferencePair, rows), settings=settings)
    orpo(path, lambda _: None)
    assert manifest(tmp_path)["rows"] == {"given": 10, "trained": 8, "too_long": 1, "unlabelled": 1}


def test_what_cannot_be_learned_from_is_refused_before_training(
    base: Path, registry: Registry, tmp_path: Path
) -> None:
    few = commit(registry, VerifiedPair, [verified(number, "a", "b") for number in range(3)])
    with pytest.raises(ModelFailed, match="3 usable rows of 3, fewer than the 4 of one step"):
        orpo(write(tmp_path, few), lambda _: None)
    with pytest.raises(BadInput, match="gold_solutions@1 has no column 'chosen'"):
        orpo(write(tmp_path, commit(registry, GoldSolution, [gold("p", "a")])), lambda _: None)
    template = base / "chat_template.jinja"
    template.write_text(template.read_text().replace("<|im_end|>\n", "\n\n"))
    pairs = [verified(number, "a", "b") for number in range(4)]
    with pytest.raises(BadInput, match="ends a turn with .* the policy would never stop"):
        orpo(write(tmp_path, commit(registry, VerifiedPair, pairs)), lambda _: None)
    assert not (tmp_path / "model").exists()


def test_a_certain_completion_has_a_finite_loss_and_gradient() -> None:
    from trl.experimental.orpo import ORPOTrainer

    alone = SimpleNamespace(beta=0.1, accelerator=SimpleNamespace(device="cpu"))
    for certain in (0.0, -1e-9):
        means = torch.tensor([[certain, certain, -2.0], [-2.0, certain, certain]], requires_grad=True)
        losses, *_ = ORPOTrainer.odds_ratio_loss(alone, *below_certain(means))
        torch.autograd.backward(losses.sum())
        assert losses.isfinite().all() and means.grad is not None and means.grad.isfinite().all()
        assert losses[1].item() == pytest.approx(0.1 * log(0.5))
    unsure = torch.tensor([-0.5, -2.0])
    assert torch.equal(below_certain(unsure), unsure)
