"""Diversity: how unlike a model's samples are, within a prompt and across prompts, at one length."""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from datasets_registry.rows.evaluation import EvaluationItem, Grade, SuiteAnswer
from methods.evaluation.conversations import converse_briefly
from methods.evaluation.items import own_prompts
from methods.evaluation.measures import Interval, Measure, linearised, mean_of, share
from methods.evaluation.suite import Answered, Grading, Policy, Suite
from methods.evaluation.variety import (
    Words,
    distinct_share,
    entropy,
    expectation_adjusted,
    self_bleu,
    top_share,
    vendi,
    words_of,
)

NAME, OPENING = "diversity", "opening"
# of each prompt; the budget of tokens of each sample, and of words that are looked at
SAMPLES, TOKENS, WORDS = 8, 64, 40
# n-grams that distinct-n is of, of one prompt or of all
GRAMS = 100
_ORDERS = (1, 2, 3)
_OPENING_WORDS = 3
_FILE = Path(__file__).with_name("diversity.jsonl")
# a figure of the texts of one prompt, or of one text of each, with its name and its limits
Figure = tuple[str, Callable[[Sequence[Words]], float | None], Interval]
_SHARE, _BITS = (0.0, 1.0), (0.0, math.log2(SAMPLES))


def make_items() -> list[EvaluationItem]:
    """Our open-ended prompts."""
    return own_prompts(NAME, _FILE)


def ask(policy: Policy, items: Sequence[EvaluationItem]) -> list[SuiteAnswer]:
    """Samples within the budget; a model that thinks needs the length of its answers for that too."""
    num_tokens = policy.settings.answers.max_tokens if policy.thinks else TOKENS
    return converse_briefly(policy, items, num_tokens=num_tokens, num_samples=SAMPLES)


def make_grades(answered: Sequence[Answered], grading: Grading) -> list[list[Grade]]:
    """The first words of each answer, and how many words it has."""
    return [[_opening(each.text)] for each in answered]


def _opening(text: str) -> Grade:
    words = words_of(text, len(text))
    if not words:
        return Grade(name=OPENING, value=None, failure="the answer has no words", keys=[])
    return Grade(name=OPENING, value=float(len(words)), word=" ".join(words[:_OPENING_WORDS]), keys=[])


def make_figures(answered: Sequence[Answered]) -> Iterator[Measure]:
    """Figures within prompts, across prompts, and of lengths; more is not better in any of them."""
    by_prompt: dict[str, list[tuple[str, Words]]] = {}
    num_empty = 0
    for each in sorted(answered, key=lambda each: each.answer.sample):
        words = words_of(each.text, WORDS)
        num_empty += not words
        if words:
            by_prompt.setdefault(each.answer.item_id, []).append((each.answer.cluster, words))
    yield from _within(by_prompt.values())
    yield from _across([texts[0] for texts in by_prompt.values()], num_empty)
    yield from _lengths(answered)


def _within(prompts: Iterable[Sequence[tuple[str, Words]]]) -> Iterator[Measure]:
    """Means over prompts of which every sample is there: most figures depend on their number."""
    groups = [(texts[0][0], [words for _, words in texts]) for texts in prompts]
    whole = [(cluster, texts) for cluster, texts in groups if len(texts) == SAMPLES]
    for metric, figure, limits in _within_figures():
        figures = [(cluster, figure(texts)) for cluster, texts in whole]
        known = [(cluster, value) for cluster, value in figures if value is not None]
        measure = mean_of(f"{metric}_within", "neither", known, len(groups) - len(known))
        yield replace(measure, limits=limits, note=measure.note and _lacks(metric, whole))


def _within_figures() -> Iterator[Figure]:
    yield from _counted()
    yield "self_bleu", self_bleu, _SHARE
    yield "vendi", vendi, (1.0, float(SAMPLES))
    yield "answer_entropy", entropy, _BITS
    yield "first_word_entropy", lambda texts: entropy(text[0] for text in texts), _BITS


def _across(first: Sequence[tuple[str, Words]], num_empty: int) -> Iterator[Measure]:
    """Figures of the first sample of each prompt."""
    others: list[Figure] = [
        ("vendi", vendi, (1.0, float(max(len(first), 1)))),
        ("top_opening", _top_opening, _SHARE),
    ]
    for metric, figure, limits in (*_counted(), *others):
        measure = linearised(f"{metric}_across", "neither", first, figure, num_empty)
        yield replace(measure, limits=limits, note=measure.note and _lacks(metric, first))


def _lacks(metric: str, texts: Sequence[object]) -> str:
    """Why there is no figure."""
    if not texts:
        return f"no prompt has its {SAMPLES} answers, with words in each"
    if metric.startswith("distinct"):
        return f"the answers are too short: fewer than {GRAMS} n-grams"
    return "the answers are too short for such n-grams"


def _counted() -> Iterator[Figure]:
    for n in _ORDERS:
        yield f"distinct_{n}", partial(distinct_share, n=n, num_grams=GRAMS), _SHARE
        yield f"ead_{n}", partial(expectation_adjusted, n=n), _SHARE


def _top_opening(texts: Sequence[Words]) -> float | None:
    return top_share([tuple(text[:_OPENING_WORDS]) for text in texts])


def _lengths(answered: Sequence[Answered]) -> Iterator[Measure]:
    turns = [(each.answer.cluster, each.answer.turns[-1]) for each in answered]
    longest = max((turn.num_tokens for _, turn in turns), default=0)
    length = mean_of("mean_tokens", "neither", [(cluster, float(turn.num_tokens)) for cluster, turn in turns])
    yield replace(length, limits=(0.0, float(max(longest, TOKENS))))
    yield share(
        "cut_off", "neither", [(cluster, float(turn.finish_reason == "length")) for cluster, turn in turns]
    )


DIVERSITY = Suite(
    name=NAME,
    measures="how varied samples are, within a prompt and across prompts, at a fixed length",
    items=make_items,
    ask=ask,
    grade=make_grades,
    figures=make_figures,
    samples=lambda settings: SAMPLES,
)
