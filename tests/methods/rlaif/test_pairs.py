"""Pairs of samples: which are paired, and why some make no pair."""

from collections.abc import Sequence

import pytest

from datasets_registry.rows.prompts import HelpfulPrompt, Prompt
from datasets_registry.rows.rlaif import CompletionPair
from datasets_registry.rows.words import Kind
from generation.request import Completion, Request, SamplingParams
from generation.scripted import completing
from methods.judging.score import ScoreSettings
from methods.rlaif.labels import LabelSettings
from methods.rlaif.pairs import PairSettings, Sample, pair_samples, sample_completions
from tests.rows import make

PROMPTS: list[tuple[Kind, Prompt]] = [("helpful", make(HelpfulPrompt, name)) for name in ("p1", "p2")]
PARAMS = SamplingParams(max_tokens=8)
BEST_WORST = PairSettings(
    num_samples=4,
    selection="best_worst",
    answers=PARAMS,
    scores=ScoreSettings(),
    weights=LabelSettings().weights,
)


def counted_words(request: Request) -> str:
    """Sample n says n words."""
    return " ".join(["word"] * (request.sample + 1))


def pairs(settings: PairSettings, script: object = counted_words) -> list[CompletionPair]:
    """The pairs, scored by length where scores are asked for."""
    samples = sample_completions(PROMPTS, completing(script), "m", settings)  # type: ignore[arg-type]
    return pair_samples(samples, settings, by_length(samples))


def by_length(samples: Sequence[Sample]) -> dict[str, float | None]:
    """A judge that scores the longer higher, of those that are whole."""
    whole = [sample for sample in samples if sample.completion.finish_reason == "stop"]
    return {sample.key: float(len(sample.text)) for sample in whole}


def places(pairs: Sequence[CompletionPair]) -> list[tuple[str, int, int]]:
    """Prompt and samples of each pair."""
    return [(pair.prompt_id, pair.sample_a, pair.sample_b) for pair in pairs]


def test_adjacent_samples_are_paired() -> None:
    made = pairs(PairSettings(num_samples=5, answers=PARAMS))
    assert places(made) == [(name, a, a + 1) for name in ("p1", "p2") for a in (0, 2)]


def test_random_pairs_are_drawn_from_all_and_more_keep_those_there_are() -> None:
    few, more = (
        pairs(PairSettings(num_samples=5, selection="random", pairs_per_prompt=count, answers=PARAMS))
        for count in (2, 4)
    )
    assert len(few) == 4 and set(places(few)) < set(places(more))
    with pytest.raises(ValueError, match="2 samples make 1 pairs, not 3"):
        PairSettings(num_samples=2, selection="random", pairs_per_prompt=3, answers=PARAMS)


def test_the_best_and_the_worst_are_paired_in_slots_that_say_nothing() -> None:
    many: list[tuple[Kind, Prompt]] = [("helpful", make(HelpfulPrompt, f"p{number}")) for number in range(60)]
    samples = sample_completions(many, completing(counted_words), "m", BEST_WORST)
    made = pair_samples(samples, BEST_WORST, by_length(samples))
    assert all({pair.sample_a, pair.sample_b} == {0, 3} for pair in made)
    assert all(pair.score_a is not None and pair.score_b is not None for pair in made)
    assert 15 < sum(pair.sample_a == 3 for pair in made) < 45


def test_without_two_scores_the_pair_says_why_it_is_none() -> None:
    cut = lambda request: Completion(text="cut", finish_reason="length")  # noqa: E731
    made = pairs(BEST_WORST.model_copy(update={"num_samples": 3}), cut)
    assert {pair.failure for pair in made} == {"completion a: truncated"} and len(made) == 2


def test_equal_samples_make_one_pair_that_is_not_judged() -> None:
    made = pairs(PairSettings(num_samples=4, answers=PARAMS), lambda request: "same")
    assert [pair.failure for pair in made] == ["identical completions"] * 2


def test_more_samples_keep_those_there_are() -> None:
    two, four = (
        sample_completions(
            PROMPTS, completing(counted_words), "m", PairSettings(num_samples=count, answers=PARAMS)
        )
        for count in (2, 4)
    )
    assert {sample.key for sample in two} < {sample.key for sample in four}
