"""KTO learns from single verdicts and from pairs, in batches that have both labels."""

import random
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from datasets_registry.errors import BadInput, ModelFailed
from datasets_registry.registry import Registry
from datasets_registry.rows.rft import Candidate, GoldSolution, VerifiedPair
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
from training.data.desirability import in_batches, judged
from training.kto import kto
from training.settings.kto import KtoSettings

ALL = {"learning_rate": 3e-3, "batch_size": 8, "max_length": 64, "lora_rank": None, "min_steps": 1}
UNSEEN = "99+1=?"


def draw(number: int, accepted: bool | None, **fields: Any) -> Candidate:
    """A draw of the lab for a problem of its own: right ones say 7, wrong ones 8."""
    said = "A:7" if accepted else "A:8"
    return make(Candidate, f"p{number}", prompt=f"{number}+1=?", completion=said, accepted=accepted, **fields)


def trained(folder: Path, dataset: str, **settings: Any) -> dict[str, Any]:
    """The manifest of a run of all weights."""
    kto(write(folder, dataset, settings={**ALL, **settings}, system_text=None), lambda _: None)
    return manifest(folder)


def margin(folder: Path) -> float:
    """Of a prompt that no run has seen."""
    return answer_log_probability(folder, UNSEEN, "A:7") - answer_log_probability(folder, UNSEEN, "A:8")


def test_single_verdicts_of_different_prompts_teach_a_policy(
    lab: Path, registry: Registry, tmp_path: Path
) -> None:
    rows = [draw(number, number % 3 == 0) for number in range(24)]
    rows += [draw(90, None, finish_reason="error"), draw(91, False, finish_reason="length")]
    rows += [draw(92, True, hinted=True)]
    said = trained(tmp_path, commit(registry, Candidate, rows), max_steps=12)
    assert said["rows"] == {
        "given": 27,
        "trained": 24,
        "too_long": 0,
        "unlabelled": 3,
        "left_over": 0,
        "desirable": 8,
        "undesirable": 16,
    }
    # the policy is its own reference at first, so that each completion loses half its weight: the first
    # batch has two desirable ones, and all of them together weigh 4/3 of the others
    assert said["settings"]["desirable_weight"] == pytest.approx(4 / 3 * 16 / 8)
    assert said["loss"][0][1] == pytest.approx((2 * 8 / 3 + 6) / 2 / 8, abs=1e-3)
    assert said["curves"]["kl"][0][1] < 1e-3
    # a margin is logged of batches that have both labels
    assert len(said["curves"]["rewards/margins"]) == 12
    assert said["metrics"]["rewards/margins"] > 0.1
    assert abs(margin(lab)) < 0.1 and margin(tmp_path / "model") > 0.5


def test_a_pair_is_one_desirable_and_one_undesirable_completion(
    lab: Path, registry: Registry, tmp_path: Path
) -> None:
    dataset = commit(registry, VerifiedPair, [verified(number, "A:7", "A:8") for number in range(17)])
    said = trained(tmp_path, dataset, max_steps=8, batch_size=11)
    assert said["rows"] == {
        "given": 34,
        "trained": 33,
        "too_long": 0,
        "unlabelled": 0,
        "left_over": 1,
        "desirable": 16,
        "undesirable": 17,
    }
    assert margin(tmp_path / "model") > margin(lab) + 0.5


def test_rarer_desirable_completions_count_for_more_lest_what_all_share_is_unlearned(
    lab: Path, registry: Registry, tmp_path: Path
) -> None:
    dataset = commit(registry, Candidate, [draw(number, number % 4 == 0) for number in range(16)])
    before, found = answer_log_probability(lab, UNSEEN, "A:7"), {}
    for name, weights in (("balanced", {}), ("even", {"desirable_weight": 1.0})):
        trained(tmp_path / name, dataset, max_steps=6, **weights)
        found[name] = answer_log_probability(tmp_path / name / "model", UNSEEN, "A:7")
    assert found["even"] < before - 0.5 and found["balanced"] > found["even"] + 0.4


def test_a_killed_run_comes_to_the_same_weights(base: Path, registry: Registry, tmp_path: Path) -> None:
    pairs = [make(PreferencePair, f"p{number}", chosen="yes yes", rejected="no no no") for number in range(6)]
    settings = SETTINGS | {"num_epochs": 2, "batch_size": 4}
    dataset = commit(registry, PreferencePair, pairs)
    assert resumed_to_the_same(kto, write(tmp_path / "run", dataset, settings=settings, checkpoint_minutes=0))
    assert (tmp_path / "run" / "model" / "adapter").is_dir()


def test_what_cannot_be_learned_from_is_refused_before_training(
    base: Path, registry: Registry, tmp_path: Path
) -> None:
    def refused(dataset: str, error: type[Exception], said: str) -> None:
        with pytest.raises(error, match=said):
            kto(write(tmp_path, dataset), lambda _: None)

    right = [make(Candidate, f"p{number}") for number in range(8)]
    wrong = make(Candidate, "wrong", accepted=False)
    refused(commit(registry, Candidate, right[:3]), ModelFailed, "3 usable rows of 3, fewer than the 4")
    refused(commit(registry, Candidate, right), ModelFailed, "none of 8 completions is undesirable: .*by sft")
    refused(
        commit(registry, Candidate, [*right, wrong]),
        ModelFailed,
        "batches of 4 would have one label alone, since 1 of 8 .*undesirable: raise batch_size to at least 8",
    )
    refused(
        commit(registry, GoldSolution, [gold("p", "a")]), BadInput, "gold_solutions@1 has neither the col"
    )
    template = base / "chat_template.jinja"
    template.write_text(template.read_text().replace("<|im_end|>\n", "\n\n"))
    pairs = commit(registry, VerifiedPair, [verified(number, "a", "b") for number in range(4)])
    refused(pairs, BadInput, "ends a turn with .* the policy would never stop")
    assert not (tmp_path / "model").exists()


def test_a_batch_of_one_is_refused() -> None:
    with pytest.raises(ValidationError, match="batch_size 1 leaves KTO no other completion .* at least 2"):
        KtoSettings(batch_size=1)


def examples(desirable: int, undesirable: int, prompts: int) -> list[Any]:
    """Completions of so many prompts, each number with a label."""
    labels = [True] * desirable + [False] * undesirable
    return [
        {"prompt_ids": [place % prompts], "label": label, "number": place}
        for place, label in enumerate(labels)
    ]


def numbers(rows: Sequence[Any]) -> list[int]:
    return [row["number"] for row in rows]


def test_a_halved_batch_has_both_labels_or_the_run_ends(
    lab: Path, registry: Registry, tmp_path: Path
) -> None:
    for name, num_right in (("even", 8), ("rare", 4)):
        dataset = commit(registry, Candidate, [draw(number, number < num_right) for number in range(16)])
        (tmp_path / name).mkdir()
        (tmp_path / name / "micro_batch.json").write_text('{"size": 2, "accumulation": 2}')
        path = write(tmp_path / name, dataset, settings={**ALL, "batch_size": 4}, system_text=None)
        if name == "rare":
            with pytest.raises(ModelFailed, match="desirable"):
                kto(path, lambda _: None)
        else:
            kto(path, lambda _: None)
            assert manifest(tmp_path / name)["micro_batch"] == 2


@given(st.integers(1, 30), st.integers(1, 30), st.integers(2, 9), st.integers(0, 3))
def test_every_batch_has_both_labels_and_no_row_is_lost_but_one_left_alone(
    desirable: int, undesirable: int, size: int, seed: int
) -> None:
    rows = examples(desirable, undesirable, prompts=99)
    total, few = len(rows), min(desirable, undesirable)
    try:
        found = in_batches(rows, size, seed)
    except ModelFailed:
        assert few * size < total or (few == 1 and total % size == 1)
        return
    assert len(set(numbers(found))) == len(found) == total - (total % size == 1)
    for start in range(0, len(found), size):
        assert {row["label"] for row in found[start : start + size]} == {True, False}
    assert numbers(found) == numbers(in_batches(rows, size, seed))


def matched(order: Sequence[Any], size: int) -> int:
    """How many completions stand before a prompt of their own in their batch, the last before the first."""
    batches = [order[start : start + size] for start in range(0, len(order), size)]
    return sum(
        left["prompt_ids"] == right["prompt_ids"]
        for batch in batches
        for left, right in pairwise([*batch, batch[0]])
    )


def test_neighbours_have_different_prompts_while_there_are_others_left() -> None:
    rows = examples(48, 48, prompts=8)
    shuffled = random.Random(0).sample(rows, len(rows))
    found = in_batches(rows, 8, seed=0)
    assert matched(shuffled, 8) > 5 and matched(found[:80], 8) == 0 and matched(found, 8) < 5
    assert numbers(found) != numbers(in_batches(rows, 8, seed=1))
    # where there is one prompt alone there is no choice
    assert len(in_batches(examples(4, 4, prompts=1), 4, seed=0)) == 8


def test_no_rows_are_no_labels() -> None:
    assert judged([], "candidates@1") == ([], 0)
