"""Comparisons with the baseline in both orders: wins, losses and ties, and win rates."""

from collections.abc import Iterable, Mapping, Sequence

from datasets_registry.rows.evaluation import Grade, SuiteAnswer
from datasets_registry.rows.words import Kind
from generation.request import Message
from methods.evaluation.conversations import conversation
from methods.evaluation.judged.length_control import Outcome, length_controlled
from methods.evaluation.judged.scores import graded_mean
from methods.evaluation.measures import Measure, share
from methods.evaluation.suite import Answered, Grading, GradingSettings, Workload
from methods.judging.comparison import (
    Answer,
    Comparison,
    ComparisonSettings,
    Order,
    ask_pairs,
    comparisons,
)
from methods.judging.conversation import messages_of
from methods.judging.preference import combine
from methods.judging.quotation import quoted_conversation
from methods.judging.verdict import read_verdict

WIN, LONGER = "win", "longer"
POINTS: Mapping[str | None, float] = {"win": 1.0, "tie": 0.5, "same": 0.5, "loss": 0.0}
_WORDS = {"a": "win", "b": "loss", "tie": "tie"}
_UNPARSED = "a verdict of the judge cannot be read"


def win_grades(answered: Sequence[Answered], grading: Grading, kind: Kind) -> list[list[Grade]]:
    """Whether each answer wins against the baseline's, and by how many characters it is longer.

    No grade where there is no baseline, or no question for prompts of ``kind``. Equal answers are `same`
    without a call.
    """
    question = grading.settings.questions.get(kind)
    if not grading.baseline or question is None:
        return [[] for _ in answered]
    other = [grading.baseline.get(each.place) for each in answered]
    differing = [
        (place, _compared(each, against, question, grading))
        for place, (each, against) in enumerate(zip(answered, other, strict=True))
        if against is not None and not against.failure and _said(against) != _said(each.answer)
    ]
    verdicts = _judged([by_order for _, by_order in differing], grading)
    wins = dict(zip((place for place, _ in differing), verdicts, strict=True))
    return [
        _grades(each.answer, against, wins.get(place))
        for place, (each, against) in enumerate(zip(answered, other, strict=True))
    ]


def win_calls(settings: GradingSettings, workload: Workload, kind: Kind) -> int:
    """The judge's calls of comparisons at most; none without a baseline, or a question for ``kind``."""
    return (
        workload.answers * settings.comparison.num_calls * (workload.compared and kind in settings.questions)
    )


def _compared(
    each: Answered, against: SuiteAnswer, question: str, grading: Grading
) -> dict[Order, Comparison]:
    asked = messages_of(each.item.messages)
    sides = _shown(each, each.answer), _shown(each, against)
    return comparisons(asked, *sides, question, grading.settings.comparison)


def _shown(each: Answered, answer: SuiteAnswer) -> str:
    """The answer, or all with what the user says between them, quoted so that none imitates another turn."""
    *earlier, last = answer.turns
    if not earlier:
        return last.completion
    turns = conversation(each.item, answer)[len(each.item.messages) :]
    return quoted_conversation((*turns, Message(role="assistant", content=last.completion)))


def _said(answer: SuiteAnswer) -> list[str]:
    return [turn.completion for turn in answer.turns]


def _judged(pairs: Sequence[Mapping[Order, Comparison]], grading: Grading) -> list[Grade]:
    judge, settings = grading.require_judge(), grading.settings.comparison
    answers = ask_pairs("comparisons with the baseline", pairs, judge.complete, judge.fingerprint, settings)
    return [_win(by_order, settings) for by_order in answers]


def _win(answers: Mapping[Order, Answer], settings: ComparisonSettings) -> Grade:
    keys = [
        key
        for answer in answers.values()
        for key in (answer.reasoning_key, answer.key, *answer.sample_keys)
        if key
    ]
    preference = combine({order: read_verdict(answer, settings) for order, answer in answers.items()})
    if preference is None:
        return Grade(name=WIN, value=None, failure=_UNPARSED, keys=keys)
    return Grade(name=WIN, value=preference.p_a, word=_WORDS[preference.label()], keys=keys)


def _grades(answer: SuiteAnswer, against: SuiteAnswer | None, win: Grade | None) -> list[Grade]:
    if against is None or against.failure:
        failure = (
            f"the baseline has no answer: {against.failure}" if against else "the baseline was not asked"
        )
        return [Grade(name=name, value=None, failure=failure) for name in (WIN, LONGER)]
    longer = sum(map(len, _said(answer))) - sum(map(len, _said(against)))
    return [win or Grade(name=WIN, value=0.5, word="same"), Grade(name=LONGER, value=float(longer))]


def win_rate(answered: Sequence[Answered]) -> Measure:
    """Wins and half of the ties against the baseline, of those that a verdict of both orders decides."""
    wins = [each.grade(WIN) for each in answered]
    values = [
        (each.answer.cluster, POINTS[win.word]) for each, win in zip(answered, wins, strict=True) if win
    ]
    return share("win_rate", "higher", values, len(wins) - len(values))


def win_figures(answered: Sequence[Answered]) -> Iterable[Measure]:
    """Win rate, mean probability of a win, and win rate at equal length; none where nothing was compared."""
    compared = [each for each in answered if any(grade.name == WIN for grade in each.answer.grades)]
    if not compared:
        return
    yield win_rate(compared)
    yield graded_mean("mean_p_win", compared, WIN, limits=(0.0, 1.0))
    outcomes = list(_outcomes(compared))
    yield from length_controlled(outcomes, len(compared) - len(outcomes))


def _outcomes(answered: Sequence[Answered]) -> Iterable[Outcome]:
    for each in answered:
        win, longer = each.grade(WIN), each.grade(LONGER)
        if win is not None and longer is not None and longer.value is not None:
            yield Outcome(each.answer.cluster, POINTS[win.word], longer.value)
