"""What one judge says of the items: in both orders, by scores, or by the first wrong step."""

import math
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass

from datasets_registry.rows.judge_benchmark import JudgeAnswer, JudgeItem, JudgeKind, ShownFirst
from datasets_registry.settings import Settings
from generation.cards.turns import alone
from generation.completer import Complete
from methods.judges.duels import Duel, compared_answer, duels, located_answer, solutions
from methods.judges.settings import QUESTION
from methods.judging.answers import answers_of
from methods.judging.comparison import (
    Answer,
    ComparisonSettings,
    ask_pairs,
    comparison_templates,
    comparisons,
)
from methods.judging.conversation import messages_of
from methods.judging.preference import sigmoid
from methods.judging.verdict import read_verdict
from methods.method import Inputs, Method, Model, Models
from methods.prm.judge import StepJudgeSettings, judge_steps, step_judge_templates

# a step below this probability of being right is wrong
_RIGHT = 0.5
_SEPARATOR = "\n"
_UNREADABLE = "the model cannot read it: it is beyond its window or vocabulary"


class AnswerSettings(Settings):
    """How a judge judges; the first way of asking is the usual one, and others are compared with it.

    A reward model and a process reward model are asked in no way.
    """

    kind: JudgeKind
    question: str = QUESTION
    comparisons: tuple[ComparisonSettings, ...] = ()
    steps: tuple[StepJudgeSettings, ...] = ()


def make_answers(inputs: Inputs, models: Models, settings: AnswerSettings) -> list[JudgeAnswer]:
    """The judge's answers to the items that its kind can judge."""
    items, judge = [item for item in inputs.rows(JudgeItem) if item.failure is None], models["judge"]
    if settings.kind == "reward model":
        return list(_scored(duels(items), judge))
    if settings.kind == "process reward model":
        return list(_stepwise(solutions(items), judge))
    with judge.completer() as complete:
        model, answers = complete.backend.fingerprint, answers_of(complete, judge.thought_marks)
        return list(asked(items, judge.name, answers, model, settings))


def asked(
    items: Sequence[JudgeItem], judge: str, complete: Complete, model: str, settings: AnswerSettings
) -> Iterator[JudgeAnswer]:
    """The answers of a model that is asked, in each way; ``model`` is its fingerprint."""
    for place, comparison in enumerate(settings.comparisons):
        for row in _compared(duels(items), judge, complete, model, comparison, settings.question):
            yield row.model_copy(update={"usual": place == 0})
    for place, steps in enumerate(settings.steps):
        for row in _located(solutions(items), judge, complete, model, steps):
            yield row.model_copy(update={"usual": place == 0})


def _compared(
    duels: Sequence[Duel],
    judge: str,
    complete: Complete,
    model: str,
    settings: ComparisonSettings,
    question: str,
) -> Iterator[JudgeAnswer]:
    pairs = [comparisons(messages_of(duel.item.messages), *duel.texts, question, settings) for duel in duels]
    answers = ask_pairs(f"suites by {judge}, {settings.way}", pairs, complete, model, settings)
    for duel, by_order in zip(duels, answers, strict=True):
        yield _verdict(duel, judge, "right", by_order["ab"], settings)
        yield _verdict(duel, judge, "wrong", by_order["ba"], settings)


def _verdict(
    duel: Duel, judge: str, shown_first: ShownFirst, answer: Answer, settings: ComparisonSettings
) -> JudgeAnswer:
    verdict = read_verdict(answer, settings)
    p_right = None
    if verdict.verdict is not None and verdict.p_first is not None:
        p_right = verdict.p_first if shown_first == "right" else 1 - verdict.p_first
    reasoning = (answer.reasoning_key,) if answer.reasoning_key else ()
    return compared_answer(duel, judge, "generative", shown_first, p_right).model_copy(
        update={
            "asked": verdict.asked,
            "failure": verdict.failure,
            "answer_key": answer.key,
            "more_keys": [*answer.sample_keys, *reasoning],
        }
    )


@dataclass(frozen=True)
class _Solved:
    """An item as a solution to be judged."""

    solution_id: str
    prompt: str
    completions: Sequence[str]
    failure: str | None = None


def _located(
    items: Sequence[JudgeItem], judge: str, complete: Complete, model: str, settings: StepJudgeSettings
) -> Iterator[JudgeAnswer]:
    solved = [_Solved(item.item_id, item.messages[-1].content, item.steps) for item in items]
    verdicts = judge_steps(solved, complete, model, settings)
    for item in items:
        verdict = verdicts[item.item_id]
        row = located_answer(item, judge, "generative", verdict.first_error, verdict.failure)
        yield row.model_copy(update={"asked": settings.asking.way, "answer_key": verdict.key})


def _scored(duels: Sequence[Duel], judge: Model) -> Iterator[JudgeAnswer]:
    """By the scores of a reward model, whose differences are log odds (Bradley and Terry 1952)."""
    from generation.scoring.outcomes import Answered, OutcomeScorer

    answered = [Answered(messages_of(duel.item.messages), text) for duel in duels for text in duel.texts]
    with alone("a reward model"), closing(OutcomeScorer(judge.folder, judge.base_folder)) as scorer:
        scores = iter(scorer.scores(answered))
    for duel in duels:
        right, wrong = next(scores), next(scores)
        p_right = None if right is None or wrong is None else sigmoid(_bounded(right - wrong))
        failure = _UNREADABLE if p_right is None else None
        row = compared_answer(duel, judge.name, "reward model", "neither", p_right)
        yield row.model_copy(update={"failure": failure})


def _bounded(logit: float) -> float:
    """Within what a power of e can hold."""
    return math.copysign(min(abs(logit), 500.0), logit)


def _stepwise(items: Sequence[JudgeItem], judge: Model) -> Iterator[JudgeAnswer]:
    """By a process reward model: the first step that it takes for wrong."""
    from generation.scoring.steps import Stepped, StepScorer

    stepped = [Stepped(messages_of(item.messages), tuple(item.steps), _SEPARATOR) for item in items]
    with alone("a process reward model"), closing(StepScorer(judge.folder, judge.base_folder)) as scorer:
        scores = scorer.scores(stepped)
    for item, rights in zip(items, scores, strict=True):
        first = None if rights is None else _first_below(rights)
        failure = _UNREADABLE if rights is None else None
        yield located_answer(item, judge.name, "process reward model", first, failure)


def _first_below(rights: Sequence[float]) -> int:
    return next((number for number, right in enumerate(rights, 1) if right < _RIGHT), 0)


def _templates(settings: AnswerSettings) -> tuple[str, ...]:
    compared = [name for asking in settings.comparisons for name in comparison_templates(asking)]
    located = [name for asking in settings.steps for name in step_judge_templates(asking)]
    return tuple(dict.fromkeys([*compared, *located]))


JUDGE_ANSWERS = Method(make_answers, AnswerSettings, JudgeAnswer, prompts=_templates, generates=True)
