r"""Final answers of mathematics: extracted strictly, compared exactly, or by math-verify where symbols stand.

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
from methods.verifiers.symbolic import differing_symbols

_SHORT = re.compile(r"(?:A|Answer):[ ]?(-?[0-9]{1,18})")
_MARKER = re.compile(r"nswer|NSWER|A:|A\s*[*_]|####|boxed")
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,17})")
_LEFT_SIDE = re.compile(r"\s*\\?[A-Za-z](?:_?\{?[A-Za-z0-9]\}?)?(?:\([A-Za-z]\))?\s*=\s*(?=[^=]+$)")
_SPACING = re.compile(r"\s+|\\left|\\right")
_DIGITS_FRACTION = re.compile(r"\\frac\s*([0-9])\s*([0-9])")


def maths(relative_tolerance: float = 1e-6) -> Verify:
    """A verifier of final answers; the tolerance is for gold answers that are no integers."""

    def verify(completion: str, gold: str) -> Verification:
        return _verify(completion, gold, relative_tolerance)

    return verify


def _verify(completion: str, gold: str, tolerance: float) -> Verification:
    quick = _quick(completion)
    if quick is not None and _INTEGER.fullmatch(gold):
        if quick == gold or int(quick) == int(gold):
            return Verification(True, quick, None)
        return rejected(f"{quick} is not {gold}", quick)
    found = final_answers(completion)
    if found.answer is None:
        return rejected(found.reason or "no final answer")
    for earlier in found.earlier:
        if differing(found.answer, earlier, tolerance) is not None:
            return rejected(
                f"two different final answers: {earlier[:50]} and {found.answer[:50]}", found.answer
            )
    reason = differing(found.answer, gold, tolerance)
    return Verification(reason is None, found.answer, reason)


def _quick(completion: str) -> str | None:
    """The integer of a last line such as ``A:24``, where no other marker stands."""
    before, _, last = completion.rpartition("\n")
    found = _SHORT.fullmatch(last)
    if found is None or _MARKER.search(before):
        return None
    return found[1]


def differing(answer: str, gold: str, tolerance: float) -> str | None:
    """Why an extracted answer is not the gold one; None where it is."""
    if len(answer) > MAX_LENGTH:
        return f"a final answer longer than {MAX_LENGTH} characters"
    mine, theirs = _number(answer), _number(gold)
    if mine is not None and theirs is not None:
        return _differing_numbers(mine, theirs, tolerance, answer, gold)
    left, right = _tidy(answer), _tidy(gold)
    if left == right or (left.isalpha() and left.casefold() == right.casefold()):
        return None
    remark = "" if left.count("=") != right.count("=") else differing_symbols(left, right)
    return None if remark is None else f"{answer[:80]} is not {gold[:80]} {remark}".rstrip()


def _differing_numbers(mine: Number, theirs: Number, tolerance: float, answer: str, gold: str) -> str | None:
    if not mine.same_unit(theirs):
        return f"the unit of {answer} is not that of {gold}"
    allowed = 0 if theirs.value.denominator == 1 else abs(theirs.value) * Fraction(tolerance)
    return None if abs(mine.value - theirs.value) <= allowed else f"{answer} is not {gold}"


def _number(text: str) -> Number | None:
    found = number(text)
    if found is not None or "=" not in text or len(text) > MAX_LENGTH:
        return found
    left, _, right = plain(text).rpartition("=")
    result = number(right)
    if result is not None and (_LEFT_SIDE.fullmatch(f"{left}=") or _is_right(left, result)):
        return result
    return None


def _is_right(left: str, result: Number) -> bool:
    """Whether the left side works out to the result, chains included."""
    sides = [one.translate(str.maketrans("", "", "$, ")).replace("×", "*") for one in left.split("=")]
    try:
        return all(
            abs(value(one) - float(result.value)) <= 1e-9 * max(1.0, abs(float(result.value)))
            for one in sides
        )
    except Unparsed:
        return False


def _tidy(text: str) -> str:
    text = _LEFT_SIDE.sub("", plain(text).replace("dfrac", "frac").replace("tfrac", "frac"), count=1)
    text = _SPACING.sub(" ", text).strip()
    text = _DIGITS_FRACTION.sub(r"\\frac{\1}{\2}", text)
    return re.sub(r"(?<![A-Za-z]) | (?![A-Za-z])", "", text)
