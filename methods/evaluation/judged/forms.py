"""What a program says of an answer in a judged suite: rules of principles that it keeps, and its length."""

from collections.abc import Iterable, Sequence

from datasets_registry.rows.evaluation import Grade
from methods.evaluation.conversations import conversation
from methods.evaluation.measures import Measure, mean_of, share
from methods.evaluation.suite import Answered, Grading
from methods.judging.rules import Rule, keeps

_KEPT = "kept_"


def rule_grades(answered: Sequence[Answered], grading: Grading) -> list[list[Grade]]:
    """Whether the last answer keeps each rule, as `kept_PRINCIPLE`; missing where that cannot be decided."""
    rules = grading.settings.rules
    return [[_kept(name, rule, each) for name, rule in rules.items()] for each in answered]


def _kept(name: str, rule: Rule, each: Answered) -> Grade:
    kept = keeps(rule, conversation(each.item, each.answer), each.text)
    if kept.kept is None:
        return Grade(name=f"{_KEPT}{name}", value=None, failure=kept.reason or "undecided")
    return Grade(name=f"{_KEPT}{name}", value=float(kept.kept))


def form_figures(answered: Sequence[Answered]) -> Iterable[Measure]:
    """The share of answers that keep each rule, and the mean length of a whole conversation's answers."""
    grades = [grade.name for each in answered for grade in each.answer.grades]
    for name in dict.fromkeys(name for name in grades if name.startswith(_KEPT)):
        kept = [(each.answer.cluster, each.grade(name)) for each in answered]
        values = [(cluster, grade.value or 0.0) for cluster, grade in kept if grade is not None]
        yield share(name, "higher", values, len(kept) - len(values))
    lengths = [
        (each.answer.cluster, float(sum(turn.num_tokens for turn in each.answer.turns))) for each in answered
    ]
    yield mean_of("mean_tokens", "neither", lengths)
