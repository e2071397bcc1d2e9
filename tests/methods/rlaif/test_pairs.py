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
from methods.rlaif.pairs import PairSettings, Sample, draw_samples, pair_samples
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


def said(request: Request) -> str:
    """Sample n says n words."""
    return " ".join(["word"] * (request.sample + 1))


def pairs(settings: PairSettings, script: object = said) -> list[CompletionPair]:
    """The pairs, scored by length where scores are asked for."""
    samples = draw_samples(PROMPTS, completing(script), "m", settings)  # type: ignore[arg-type]
    return pair_samples(samples, settings, by_length)


def by_length(samples: Sequence[Sample]) -> list[float | None]:
    """A judge that scores the longer higher."""
    return [float(len(one.text)) for one in samples]


def places(found: Sequence[CompletionPair]) -> list[tuple[str, int, int]]:
    """Prompt and samples of each pair."""
    return [(one.prompt_id, one.sample_a, one.sample_b) for one in found]


def test_adjacent_samples_are_paired() -> None:
    found = pairs(PairSettings(num_samples=5, answers=PARAMS))
    assert places(found) == [(name, a, a + 1) for name in ("p1", "p2") for a in (0, 2)]


def test_random_pairs_are_drawn_from_all_and_more_keep_those_there_are() -> None:
    few, more = (
        pairs(PairSettings(num_samples=5, selection="random", pairs_per_prompt=count, answers=PARAMS))
        for count in (2, 4)
    )
    assert len(few) == 4 and set(places(few)) < set(places(more))
    with pytest.raises(ValueError, match="2 samples make 1 pairs, not 3"):
        PairSettings(num_samples=2, selection="random", pairs_per_prompt=3, answers=PARAMS)


def test_the_best_and_the_worst_are_paired_in_slots_that_say_nothing() -> None:
    many: list[tuple[Kind, Prompt]] = [("helpful", make(HelpfulPrompt, f"p{place}")) for place in range(60)]
    samples = draw_samples(many, completing(said), "m", BEST_WORST)
    found = pair_samples(samples, BEST_WORST, by_length)
    assert all({one.sample_a, one.sample_b} == {0, 3} for one in found)
    assert all(one.score_a is not None and one.score_b is not None for one in found)
    assert 15 < sum(one.sample_a == 3 for one in found) < 45


def test_without_two_scores_the_pair_says_why_it_is_none() -> None:
    cut = lambda request: Completion(text="cut", finish_reason="length")  # noqa: E731
    found = pairs(BEST_WORST.model_copy(update={"num_samples": 3}), cut)
    assert {one.failure for one in found} == {"completion a: truncated"} and len(found) == 2


def test_equal_samples_make_one_pair_that_is_not_judged() -> None:
    found = pairs(PairSettings(num_samples=4, answers=PARAMS), lambda request: "same")
    assert [one.failure for one in found] == ["identical completions"] * 2


def test_more_samples_keep_those_there_are() -> None:
    two, four = (
        draw_samples(PROMPTS, completing(said), "m", PairSettings(num_samples=count, answers=PARAMS))
        for count in (2, 4)
    )
    assert {one.key for one in two} < {one.key for one in four}
