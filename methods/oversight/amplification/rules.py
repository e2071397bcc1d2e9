"""Decompositions by rule: halves of numbers, sums without their last term, and both sides of a comparison."""

import re
from collections import Counter
from collections.abc import Callable, Sequence

from methods.oversight.amplification.decomposing import Decomposition
from methods.problems.wording import comparison_question, largest_question, sum_question

_NUMBER = re.compile(r"-?[0-9]+")
_ANSWER = re.compile(r"-?[0-9]{1,18}")


def is_readable(question: str) -> bool:
    """Whether a rule knows the form of the question."""
    return _form(question) is not None


def by_rule(question: str) -> Decomposition | None:
    """The parts of the question; None where it has the least size, or no rule knows its form."""
    form = _form(question)
    return form(question) if form else None


def is_number(answer: str) -> bool:
    """Whether an answer is a number, with which a question can be composed."""
    return _ANSWER.fullmatch(answer) is not None


def admits(question: str, answer: str) -> bool:
    """Whether an answer may be right: of numbers to choose from it is one of these."""
    return _form(question) not in _CHOOSING or answer in _NUMBER.findall(question)


def begins_with_its_terms(question: str, first: str) -> bool:
    """Whether the first equation of an answer to a sum adds terms of it, and not of another sum."""
    if _form(question) not in _ADDING:
        return True
    return Counter(first.split("=")[0].split("+")) <= Counter(_NUMBER.findall(question))


def _form(question: str) -> Callable[[str], Decomposition | None] | None:
    return next((split for pattern, split in _FORMS if pattern.fullmatch(question)), None)


def _symbol_largest(question: str) -> Decomposition | None:
    return _halves(_NUMBER.findall(question), symbols=True)


def _largest(question: str) -> Decomposition | None:
    return _halves(_NUMBER.findall(question), symbols=False)


def _halves(numbers: Sequence[str], *, symbols: bool) -> Decomposition | None:
    """The largest of each half; a half of one number is known."""
    if len(numbers) < 3:
        return None
    halves = numbers[: len(numbers) // 2], numbers[len(numbers) // 2 :]
    asked = [half for half in halves if len(half) > 1]

    def compose(answers: Sequence[str]) -> str:
        known = iter(answers)
        largest = [half[0] if len(half) == 1 else next(known) for half in halves]
        return largest_question(largest, symbols=symbols)

    return Decomposition(tuple(largest_question(half, symbols=symbols) for half in asked), compose)


def _symbol_sum(question: str) -> Decomposition | None:
    return _prefix(_NUMBER.findall(question), symbols=True)


def _sum(question: str) -> Decomposition | None:
    return _prefix(_NUMBER.findall(question), symbols=False)


def _prefix(terms: Sequence[str], *, symbols: bool) -> Decomposition | None:
    """The sum of all terms but the last, to which that is added."""
    if len(terms) < 3:
        return None
    return Decomposition(
        (sum_question(terms[:-1], symbols=symbols),),
        lambda answers: sum_question((answers[0], terms[-1]), symbols=symbols),
    )


def _sides(question: str) -> Decomposition | None:
    """The value of each side that is a sum; then the larger of the two values."""
    left, right = question.removeprefix(_WHICH).split("?")[0].split(" or ")
    sides = [_NUMBER.findall(side) for side in (left, right)]
    asked = [side for side in sides if len(side) > 1]
    if not asked:
        return None

    def compose(answers: Sequence[str]) -> str:
        known = iter(answers)
        values = [[next(known)] if len(side) > 1 else side for side in sides]
        return comparison_question(*values)

    return Decomposition(tuple(sum_question(side, symbols=False) for side in asked), compose)


_WHICH = "Which is larger, "
_SUM = r"-?[0-9]+(?: \+ -?[0-9]+)*"
_FORMS: tuple[tuple[re.Pattern[str], Callable[[str], Decomposition | None]], ...] = (
    (re.compile(r"[0-9]+(?::[0-9]+)+\?"), _symbol_largest),
    (re.compile(r"What is the largest of -?[0-9]+(?:, -?[0-9]+)+\?"), _largest),
    (re.compile(r"[0-9]+(?:\+[0-9]+)+=\?"), _symbol_sum),
    (re.compile(rf"What is {_SUM} \+ -?[0-9]+\?"), _sum),
    (re.compile(rf"{_WHICH}{_SUM} or {_SUM}\? Give the larger value\."), _sides),
)
# forms whose answer is one of the numbers that they name
_CHOOSING = (_symbol_largest, _largest)
_ADDING = (_symbol_sum, _sum)
