"""What one judge says of the items: in both orders, by scores, or by the first wrong step."""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from itertools import chain

from datasets_registry.rows.judge_benchmark import JudgeAnswer, JudgeItem, JudgeKind, ShownFirst
from datasets_registry.settings import Settings
from generation.cards.turns import alone
from generation.completer import Complete
from generation.streaming.flow import in_order
from generation.streaming.planning import allow
from generation.streaming.tasks import Task
from methods.judges.duels import Duel, compared_answer, duels, located_answer, solutions
from methods.judges.settings import QUESTION
from methods.judging.answers import answers_of
from methods.judging.asking import WINDOW
from methods.judging.comparison import (
    Answer,
    Comparison,
    ComparisonSettings,
    Order,
    asking,
    comparison_templates,
    comparisons,
)
from methods.judging.conversation import messages_of
from methods.judging.preference import sigmoid
from methods.judging.verdict import read_verdict
from methods.method import Inputs, Method, Model, Models
from methods.prm.judge import StepJudgeSettings, judging_steps, step_judge_templates

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


def make_answers(inputs: Inputs, models: Models, settings: AnswerSettings) -> Iterator[JudgeAnswer]:
    """The judge's answers to the items that its kind can judge."""
    judge, items = models["judge"], partial(_usable, inputs)
    if settings.kind == "reward model":
        yield from _scored(list(duels(items())), judge)
    elif settings.kind == "process reward model":
        yield from _stepwise(list(solutions(items())), judge)
    else:
        with judge.completer() as complete:
            model, answers = complete.backend.fingerprint, answers_of(complete, judge.thought_marks)
            ways = _ways(items, judge.name, model, settings)
            allow(answers, f"suites by {judge.name}", chain.from_iterable(tasks for _, tasks in ways))
            yield from asked(items, judge.name, answers, model, settings)


def _usable(inputs: Inputs) -> Iterator[JudgeItem]:
    return (item for item in inputs.stream(JudgeItem) if item.failure is None)


# all items, as often as there are ways to ask about them
Items = Callable[[], Iterable[JudgeItem]]


def asked(
    items: Items, judge: str, complete: Complete, model: str, settings: AnswerSettings
) -> Iterator[JudgeAnswer]:
    """The answers of a model that is asked, in each way; ``model`` is its fingerprint."""
    for stage, tasks in _ways(items, judge, model, settings):
        yield from in_order(complete, stage, tasks, WINDOW)


def _ways(
    items: Items, judge: str, model: str, settings: AnswerSettings
) -> Iterator[tuple[str, Iterator[Task[JudgeAnswer]]]]:
    """The stage of each way of asking, and what it asks; the first of its kind is the usual one."""
    for place, comparison in enumerate(settings.comparisons):
        compared = _comparing(duels(items()), judge, model, comparison, settings.question)
        yield f"suites by {judge}, {comparison.way}", _marked(compared, usual=place == 0)
    for place, steps in enumerate(settings.steps):
        located = map(partial(_located, judge=judge, model=model, settings=steps), solutions(items()))
        yield f"first wrong steps by {judge}, {steps.asking.way}", _marked(located, usual=place == 0)


def _marked(tasks: Iterable[Task[JudgeAnswer]], *, usual: bool) -> Iterator[Task[JudgeAnswer]]:
    return (_with_usual(task, usual) for task in tasks)


def _with_usual(task: Task[JudgeAnswer], usual: bool) -> Task[JudgeAnswer]:
    return (yield from task).model_copy(update={"usual": usual})


def _comparing(
    duels: Iterable[Duel], judge: str, model: str, settings: ComparisonSettings, question: str
) -> Iterator[Task[JudgeAnswer]]:
    shown: tuple[tuple[ShownFirst, Order], ...] = (("right", "ab"), ("wrong", "ba"))
    for duel in duels:
        pair = comparisons(messages_of(duel.item.messages), *duel.texts, question, settings)
        for first, order in shown:
            yield _compared(duel, judge, first, pair[order], model, settings)


def _compared(
    duel: Duel,
    judge: str,
    shown_first: ShownFirst,
    comparison: Comparison,
    model: str,
    settings: ComparisonSettings,
) -> Task[JudgeAnswer]:
    answer = yield from asking(comparison, model, settings)
    return _verdict(duel, judge, shown_first, answer, settings)


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


def _located(item: JudgeItem, judge: str, model: str, settings: StepJudgeSettings) -> Task[JudgeAnswer]:
    solved = _Solved(item.item_id, item.messages[-1].content, item.steps)
    verdict = yield from judging_steps(solved, model, settings)
    row = located_answer(item, judge, "generative", verdict.first_error, verdict.failure)
    return row.model_copy(update={"asked": settings.asking.way, "answer_key": verdict.key})


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
