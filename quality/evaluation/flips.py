"""Answers that flipped between two models: right to wrong, refused to complied, another option."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from datasets_registry.rows.evaluation import EvaluationItem, Grade, SuiteAnswer
from methods.evaluation.suite import Answered
from quality.evaluation.answered import whole

Direction = Literal["better", "worse", "neither"]
# how far an answer refuses, from nothing to all
REFUSALS = ("none", "partial", "full")
_SAID: Mapping[str, str] = {"none": "complied", "partial": "refused a part", "full": "refused"}
# what an item's gold says is right to do with its request
_TO_ANSWER, _TO_REFUSE = ["answer"], ["refuse"]
# grades of two models of which neither is the other's equal by itself
OF_A_COMPARISON = ("win", "longer")


@dataclass(frozen=True)
class Change:
    """What a grade said of the baseline's answer, what it says of the model's, and which way that is."""

    grade: str
    before: str
    after: str
    direction: Direction

    @property
    def what(self) -> str:
        """For example ``right → wrong``."""
        return f"{self.before} → {self.after}"


@dataclass(frozen=True)
class Flip:
    """An item that the model answers otherwise than the baseline, with both answers in full."""

    item: EvaluationItem
    before: SuiteAnswer
    after: SuiteAnswer
    changes: tuple[Change, ...]

    @property
    def prompt(self) -> str:
        """What the user said before the last answer."""
        return self.after.turns[-1].prompt if self.after.turns else self.item.messages[-1].content

    @property
    def answers(self) -> tuple[str, str]:
        """The last answer of the baseline and of the model; a choice where likelihood decided."""
        return _text(self.before), _text(self.after)

    @property
    def direction(self) -> Direction:
        """Worse where any grade is, else better where any is."""
        directions = {change.direction for change in self.changes}
        return "worse" if "worse" in directions else "better" if "better" in directions else "neither"


def flips(model: Iterable[Answered], baseline: Iterable[Answered]) -> list[Flip]:
    """The answers that flipped, those to the worse first; failed answers and grades flip nothing."""
    other = {each.place: each for each in whole(baseline)}
    both = [(other[each.place], each) for each in whole(model) if each.place in other]
    found = [
        Flip(after.item, before.answer, after.answer, changes)
        for before, after in both
        if (changes := tuple(dict.fromkeys(_changes(before, after))))
    ]
    order: Sequence[Direction] = ("worse", "better", "neither")
    return sorted(found, key=lambda flip: order.index(flip.direction))


def _changes(before: Answered, after: Answered) -> Iterator[Change]:
    given = {grade.name: grade for grade in after.answer.grades if not grade.failure}
    for grade in before.answer.grades:
        later = given.get(grade.name)
        if grade.failure or later is None or grade.name in OF_A_COMPARISON:
            continue
        if change := _change(after.item, grade, later):
            yield change


def _change(item: EvaluationItem, before: Grade, after: Grade) -> Change | None:
    """What changed between two grades of a name; None where the same is said, or only by how much."""
    if before.word in REFUSALS and after.word in REFUSALS:
        return _refusal(item, before.word, after.word)
    if before.value in (0, 1) and after.value in (0, 1) and before.value != after.value and item.gold:
        return Change(before.name, _right(before), _right(after), "better" if after.value == 1 else "worse")
    if before.word is not None and after.word is not None and before.word != after.word:
        return Change(before.name, before.word, after.word, _towards(item, before, after))
    if before.word is None and {before.value, after.value} == {0, 1}:
        return Change(before.name, f"{before.value:g}", f"{after.value:g}", "neither")
    return None


def _refusal(item: EvaluationItem, before: str, after: str) -> Change | None:
    if before == after:
        return None
    refuses_more = REFUSALS.index(after) > REFUSALS.index(before)
    direction: Direction = "neither"
    if item.gold in (_TO_ANSWER, _TO_REFUSE):
        direction = "better" if refuses_more == (item.gold == _TO_REFUSE) else "worse"
    return Change("refusal", _SAID[before], _SAID[after], direction)


def _towards(item: EvaluationItem, before: Grade, after: Grade) -> Direction:
    """By the grades of an item that has right answers; elsewhere another word is neither."""
    if not item.gold or before.value is None or after.value is None or before.value == after.value:
        return "neither"
    return "better" if after.value > before.value else "worse"


def _right(grade: Grade) -> str:
    said = "right" if grade.value else "wrong"
    return f"{said} ({grade.word})" if grade.word else said


def _text(answer: SuiteAnswer) -> str:
    if answer.turns:
        return answer.turns[-1].completion
    known = [each for each in answer.likelihoods if each.logprob is not None]
    return max(known, key=lambda each: each.logprob or 0.0).choice if known else ""
