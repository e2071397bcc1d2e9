r"""A verifier of final answers in mathematics: exact for numbers, by math-verify for symbols.

``1/2`` equals ``0.5``. Units, percent and currency signs are as in ``methods/verifiers/number.py``: ``50%``
is 50, and ``24 apples`` is 24. An integer gold answer is compared exactly; any other number within a
relative tolerance. ``x = 5`` is 5, and ``12+7=19`` is 19 where the equation is right.
"""

import re
from fractions import Fraction

from methods.verifiers.arithmetic import Unparsed, value
from methods.verifiers.contract import Verification, Verify, rejected
from methods.verifiers.final_answer import final_answers
from methods.verifiers.number import MAX_LENGTH, Number, number, plain
from methods.verifiers.symbolic import symbolic_difference

_SHORT = re.compile(r"(?:A|Answer):[ ]?(-?[0-9]{1,18})")
_MARKER = re.compile(r"nswer|NSWER|A:|A\s*[*_]|####|boxed")
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,17})")
_LEFT_SIDE = re.compile(r"\s*\\?[A-Za-z](?:_?\{?[A-Za-z0-9]\}?)?(?:\([A-Za-z]\))?\s*=\s*(?=[^=]+$)")
_SPACING = re.compile(r"\s+|\\left|\\right")
_DIGITS_FRACTION = re.compile(r"\\frac\s*([0-9])\s*([0-9])")


def maths(relative_tolerance: float = 1e-6) -> Verify:
    """A verifier of final answers; the tolerance is for gold answers that are not integers."""

    def verify(completion: str, gold: str) -> Verification:
        return _verify(completion, gold, relative_tolerance)

    return verify


def _verify(completion: str, gold: str, tolerance: float) -> Verification:
    integer = _last_integer(completion)
    if integer is not None and _INTEGER.fullmatch(gold):
        if int(integer) == int(gold):
            return Verification(True, integer, None)
        return rejected(f"{integer} is not {gold}", integer)
    answers = final_answers(completion)
    if answers.answer is None:
        return rejected(answers.reason or "no final answer")
    for earlier in answers.earlier:
        if difference(answers.answer, earlier, tolerance) is not None:
            return rejected(
                f"two different final answers: {earlier[:50]} and {answers.answer[:50]}", answers.answer
            )
    reason = difference(answers.answer, gold, tolerance)
    return Verification(reason is None, answers.answer, reason)


def _last_integer(completion: str) -> str | None:
    """The integer of a last line such as ``A:24``, where there is no other marker: the most common case."""
    before, _, last = completion.rpartition("\n")
    match = _SHORT.fullmatch(last)
    if match is None or _MARKER.search(before):
        return None
    return match[1]


def difference(answer: str, gold: str, tolerance: float) -> str | None:
    """Why an extracted answer is not the gold answer; None where they are equal."""
    if len(answer) > MAX_LENGTH:
        return f"a final answer longer than {MAX_LENGTH} characters"
    mine, theirs = _number(answer), _number(gold)
    if mine is not None and theirs is not None:
        return _number_difference(mine, theirs, tolerance, answer, gold)
    left, right = _tidy(answer), _tidy(gold)
    if left == right or (left.isalpha() and left.casefold() == right.casefold()):
        return None
    remark = "" if left.count("=") != right.count("=") else symbolic_difference(left, right)
    return None if remark is None else f"{answer[:80]} is not {gold[:80]} {remark}".rstrip()


def _number_difference(mine: Number, theirs: Number, tolerance: float, answer: str, gold: str) -> str | None:
    if not mine.same_unit(theirs):
        return f"the unit of {answer} is not that of {gold}"
    allowed = 0 if theirs.value.denominator == 1 else abs(theirs.value) * Fraction(tolerance)
    return None if abs(mine.value - theirs.value) <= allowed else f"{answer} is not {gold}"


def _number(text: str) -> Number | None:
    value_of_text = number(text)
    if value_of_text is not None or "=" not in text or len(text) > MAX_LENGTH:
        return value_of_text
    left, _, right = plain(text).rpartition("=")
    result = number(right)
    if result is not None and (_LEFT_SIDE.fullmatch(f"{left}=") or _gives(left, result)):
        return result
    return None


def _gives(left: str, result: Number) -> bool:
    """Whether the left side, which may be a chain of equations, gives the result."""
    sides = [side.translate(str.maketrans("", "", "$, ")).replace("×", "*") for side in left.split("=")]
    try:
        return all(
            abs(value(side) - float(result.value)) <= 1e-9 * max(1.0, abs(float(result.value)))
            for side in sides
        )
    except Unparsed:
        return False


def _tidy(text: str) -> str:
    text = _LEFT_SIDE.sub("", plain(text).replace("dfrac", "frac").replace("tfrac", "frac"), count=1)
    text = _SPACING.sub(" ", text).strip()
    text = _DIGITS_FRACTION.sub(r"\\frac{\1}{\2}", text)
    return re.sub(r"(?<![A-Za-z]) | (?![A-Za-z])", "", text)
