"""Samples that rules choose, the control that none chooses, and figures paired by prompt."""

from collections.abc import Sequence

import pytest

from benchmarks.judges.arms import Sample, chosen
from benchmarks.judges.kept import HeldOut, differences, shares
from datasets_registry.rows.prompts import Prompt
from generation.request import Completion


def sampled(prompt: str, number: int, num_kept: int) -> Sample:
    """A whole sample of a prompt."""
    row = Prompt(
        prompt_id=prompt,
        prompt=prompt,
        history=[],
        category="any",
        split="train",
        split_group=prompt,
        source="test",
        licence="Apache-2.0",
    )
    return Sample(row, Completion(text="x", finish_reason="stop"), f"{prompt}-{number}", num_kept)


SAMPLES = [
    [sampled("all", 0, 3), sampled("all", 1, 1), sampled("all", 2, 0)],
    [sampled("some", 0, 2), sampled("some", 1, 1)],
    [sampled("alike", 0, 2), sampled("alike", 1, 2)],
    [],
]


def test_the_best_keep_all_rules_and_the_control_is_as_many_whole_samples() -> None:
    taught = chosen(SAMPLES, 3)
    assert [sample.key for sample in taught.best] == ["all-0"]
    assert len(taught.control) == 1
    assert chosen(SAMPLES, 3) == chosen([list(reversed(whole)) for whole in SAMPLES], 3)


def test_the_control_is_not_chosen_by_rules() -> None:
    every = [
        [sampled(f"p{prompt}", number, 3 * (number == 0)) for number in range(4)] for prompt in range(200)
    ]
    control = chosen(every, 3).control
    assert len({sample.prompt.prompt_id for sample in control}) == 200
    assert 0.15 < sum(sample.num_kept == 3 for sample in control) / 200 < 0.35


def test_a_pair_keeps_more_rules_on_its_better_side() -> None:
    pairs = chosen(SAMPLES, 3).pairs
    assert [(better.key, worse.key) for better, worse in pairs] == [
        ("all-0", "all-2"),
        ("some-0", "some-1"),
    ]


ANSWER = Completion(text="x", finish_reason="stop", num_completion_tokens=3)


def answers(kept: Sequence[Sequence[bool]]) -> list[list[HeldOut]]:
    """Answers of a model by seed and prompt."""
    return [[HeldOut(ANSWER, {"short": each}) for each in seed] for seed in kept]


def test_prompts_vary_and_not_samples() -> None:
    both = {"ours": answers([[True, True, False, True]] * 50), "base": answers([[False, True] * 2] * 50)}
    figures = {
        figure.name: figure
        for figure in [*shares(both, ["short"]), *differences("ours", "base", both, ["short"])]
    }
    assert figures["ours: short"].value == pytest.approx(0.75)
    difference = figures["ours less base: short"]
    assert difference.value == pytest.approx(0.25) and difference.interval is not None
    # fifty alike samples of four prompts are four items
    assert difference.interval[0] <= 0 < 0.5 <= difference.interval[1]
