"""Calibration: whether a model knows what it knows, on items that have an answer and items that have none."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from datasets_registry.rows.evaluation import Better, EvaluationItem, Grade, SuiteAnswer
from datasets_registry.settings import Frozen
from methods.evaluation.abstention import abstention_grades, abstention_templates
from methods.evaluation.confidence import expected_calibration_error, risk_coverage_area
from methods.evaluation.conversations import converse, converse_in_samples
from methods.evaluation.items import own_item, own_lines, said
from methods.evaluation.measures import Measure, combined, drawn, mean_of, share
from methods.evaluation.suite import Answered, Grading, Policy, Suite

NAME = "calibration"
ITEMS = Path(__file__).with_name("calibration.jsonl")
ANSWERABLE = "answerable"
# how sure a model is told to be before it answers, and what a wrong answer then costs
THRESHOLD = 0.75
PENALTY = THRESHOLD / (1 - THRESHOLD)
TOLD = (
    f"Answer in a few words, and only if you are more than {THRESHOLD:.0%} sure. A right answer scores 1 "
    f'point, a wrong one loses {PENALTY:g} points, and "I don\'t know" scores 0. Say "I don\'t know" too '
    "where the question has no answer."
)
# the grades: `outcome` is what became of the item, `confidence` the part of drawn answers that agree with it
OUTCOME, CONFIDENCE = "outcome", "confidence"
CORRECT, INCORRECT, NOT_ATTEMPTED = "correct", "incorrect", "not attempted"
_POINTS = {CORRECT: 1.0, INCORRECT: -PENALTY, NOT_ATTEMPTED: 0.0}
_SEVERAL = re.compile(r"\b(?:or|either)\b")
Outcomes = Sequence[tuple[str, str]]


class Line(Frozen):
    """A question of ours with the spellings of its answer; none where it has no answer."""

    category: str
    question: str
    gold: tuple[str, ...] = ()


def items() -> list[EvaluationItem]:
    """Our own questions."""
    return [
        own_item(
            NAME,
            said(asked(line.question)),
            content=line.question,
            category=line.category,
            gold=list(line.gold),
        )
        for line in own_lines(ITEMS, Line)
    ]


def asked(question: str) -> str:
    """A question with what its answer scores."""
    return f"{question}\n\n{TOLD}"


def ask(policy: Policy, asked: Sequence[EvaluationItem]) -> list[SuiteAnswer]:
    """The most probable answer to each question as sample 0; drawn ones behind it where there are several."""
    answers = converse(policy, asked)
    if policy.settings.num_samples == 1:
        return answers
    draws = converse_in_samples(policy, asked)
    return [*answers, *(draw.model_copy(update={"sample": draw.sample + 1}) for draw in draws)]


def grade(answered: Sequence[Answered], grading: Grading) -> list[list[Grade]]:
    """The outcome of each most probable answer, and how many of the drawn ones agree with it."""
    first = [each for each in answered if each.answer.sample == 0 and not each.answer.failure]
    abstained = dict(zip((each.place for each in first), abstention_grades(first, grading), strict=True))
    draws: dict[tuple[str, str], list[Answered]] = {}
    for each in answered:
        if each.answer.sample and not each.answer.failure:
            draws.setdefault((each.item.item_id, each.item.variant), []).append(each)
    return [
        _grades(each, abstained[each.place], draws.get((each.item.item_id, each.item.variant), ()))
        if each.place in abstained
        else []
        for each in answered
    ]


def _grades(answered: Answered, abstained: Grade, draws: Sequence[Answered]) -> list[Grade]:
    outcome = _outcome(answered, abstained)
    if not draws:
        return [abstained, outcome]
    agreeing = sum(_agree(answered, draw) for draw in draws) / len(draws)
    return [abstained, outcome, Grade(name=CONFIDENCE, value=agreeing)]


def _outcome(answered: Answered, abstained: Grade) -> Grade:
    """Correct, incorrect or not attempted, with its points; no outcome where the answer is unreadable."""
    named = names(answered.text, answered.item.gold)
    if named and (abstained.value == 1 or _SEVERAL.search(answered.text.lower())):
        return Grade(name=OUTCOME, value=None, failure="names the answer and retracts it, or names several")
    if named:
        return _pointed(CORRECT)
    if abstained.value is None:
        return Grade(name=OUTCOME, value=None, failure=abstained.failure)
    return _pointed(NOT_ATTEMPTED if abstained.value else INCORRECT)


def _pointed(outcome: str) -> Grade:
    return Grade(name=OUTCOME, value=_POINTS[outcome], word=outcome)


def names(text: str, gold: Sequence[str]) -> bool:
    """Whether the text has one of the spellings as whole words, without regard to case and accents."""
    plain = f" {_plain(text)} "
    return any(f" {_plain(spelling)} " in plain for spelling in gold)


def _plain(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    letters = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    return " ".join(re.findall(r"\w+", letters))


def _agree(answered: Answered, draw: Answered) -> bool:
    """Whether both give the same answer: the same words, or the right answer both."""
    gold = answered.item.gold
    return _plain(answered.text) == _plain(draw.text) or (
        names(answered.text, gold) and names(draw.text, gold)
    )


def figures(answered: Sequence[Answered]) -> Iterator[Measure]:
    """Figures of answerable questions, of both kinds and of confidence; then of each kind without answer."""
    first = [each for each in answered if each.answer.sample == 0]
    outcomes = [
        (each, given.word) for each in first if (given := each.grade(OUTCOME)) is not None and given.word
    ]
    missing = len(first) - len(outcomes)
    answerable = [(each.answer.cluster, word) for each, word in outcomes if each.item.gold]
    unanswerable = [(each.answer.cluster, word) for each, word in outcomes if not each.item.gold]
    yield from _of_answerable(answerable)
    yield from _of_abstention(answerable, unanswerable, missing)
    points = [(each.answer.cluster, _POINTS[word]) for each, word in outcomes]
    score = mean_of("penalised_score", "higher", points, missing)
    yield replace(score, limits=(-PENALTY, 1.0))
    yield from _of_confidence(outcomes)
    for category in dict.fromkeys(each.item.category for each, _ in outcomes if not each.item.gold):
        held = [(each.answer.cluster, word) for each, word in outcomes if each.item.category == category]
        yield _rate("abstained", "higher", held, NOT_ATTEMPTED).within(category)


def _rate(metric: str, better: Better, outcomes: Outcomes, outcome: str, missing: int = 0) -> Measure:
    return share(metric, better, [(cluster, float(word == outcome)) for cluster, word in outcomes], missing)


def _of_answerable(outcomes: Outcomes) -> Iterator[Measure]:
    """SimpleQA's figures: F1 is the harmonic mean of correct of all and correct of attempted."""
    correct = _rate("correct", "higher", outcomes, CORRECT)
    incorrect = _rate("incorrect", "lower", outcomes, INCORRECT)
    yield from (correct, incorrect, _rate("not_attempted", "lower", outcomes, NOT_ATTEMPTED))
    yield combined("correct_of_attempted", "higher", (correct, incorrect), lambda c, i: c / (c + i))
    yield combined("f1", "higher", (correct, incorrect), lambda c, i: 2 * c / (1 + c + i))


def _of_abstention(answerable: Outcomes, unanswerable: Outcomes, missing: int) -> Iterator[Measure]:
    """How many abstentions are of questions without answer, and how many of these it abstains from."""
    rightly = [(cluster, float(word == NOT_ATTEMPTED)) for cluster, word in unanswerable]
    wrongly = [(cluster, float(word == NOT_ATTEMPTED)) for cluster, word in answerable]
    recall = share("abstention_recall", "higher", rightly, missing)
    both = mean_of("rightly", "higher", [*rightly, *((cluster, 0.0) for cluster, _ in wrongly)])
    abstained = mean_of("abstained", "neither", [*rightly, *wrongly])
    yield recall
    precision = combined("abstention_precision", "higher", (both, abstained), np.divide)
    yield replace(precision, num_items=len(rightly) + len(wrongly), num_missing=missing, limits=(0.0, 1.0))


def _of_confidence(outcomes: Sequence[tuple[Answered, str]]) -> Iterator[Measure]:
    """Of attempted answers, how well the agreement of drawn ones tells right from wrong."""
    trusted = [
        (each.answer.cluster, (given.value, word == CORRECT))
        for each, word in outcomes
        if word != NOT_ATTEMPTED
        if (given := each.grade(CONFIDENCE)) is not None and given.value is not None
    ]
    for metric, statistic in (
        ("calibration_error", expected_calibration_error),
        ("risk_coverage_area", risk_coverage_area),
    ):
        measure = replace(drawn(metric, "lower", trusted, statistic), limits=(0.0, 1.0))
        yield measure if trusted else measure.noted("no confidence: ask for several samples (num_samples)")


CALIBRATION = Suite(
    name=NAME,
    measures="whether the model answers what it knows, and admits what it or nobody knows",
    items=items,
    ask=ask,
    grade=grade,
    figures=figures,
    templates=lambda settings: abstention_templates(settings.comparison),
    samples=lambda settings: 1 if settings.num_samples == 1 else 1 + settings.num_samples,
    judge_calls=lambda settings, workload: workload.answers * settings.comparison.samples,
)
