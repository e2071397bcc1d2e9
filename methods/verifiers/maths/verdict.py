r"""A verifier of final answers in mathematics: exact for numbers, by math-verify for symbols.

``1/2`` equals ``0.5``. Units, percent and currency signs are as in ``number.py``: ``50%`` is 50, and
``24 apples`` is 24. An integer gold answer is compared exactly; any other number within a relative
tolerance. ``x = 5`` is 5 and is not ``y = 5``, and ``12+7=19`` is 19 where the equation is right.
"""

import re

from methods.verifiers.contract import Verification, Verify, rejected
from methods.verifiers.maths.comparison import difference
from methods.verifiers.maths.final_answer import FinalAnswers, final_answers
from methods.verifiers.maths.structure import Assignment, Group, read

_SHORT = re.compile(r"(?:A|Answer):[ ]?(-?[0-9]{1,18})")
_MARKER = re.compile(r"nswer|NSWER|ns[:=]|A:|A\s*[*_]|####|box")
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,17})")


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
    conflict = _conflict(answers, tolerance)
    if conflict is not None:
        if answers.together and _gives_all(answers.together, gold, tolerance):
            return Verification(True, answers.together, None)
        return rejected(
            f"two different final answers: {conflict[:50]} and {answers.answer[:50]}", answers.answer
        )
    reason = difference(answers.answer, gold, tolerance)
    return Verification(reason is None, answers.answer, reason)


def _conflict(answers: FinalAnswers, tolerance: float) -> str | None:
    """An earlier answer that is neither the last one nor one of its values."""
    last = answers.answer or ""
    final = read(last)
    values = final.parts if isinstance(final, Group) else ()
    for earlier in dict.fromkeys(answers.earlier):
        if difference(last, earlier, tolerance) is not None and read(earlier) not in values:
            return earlier
    return None


def _gives_all(together: str, gold: str, tolerance: float) -> bool:
    """Whether the boxes of the whole text are the several values of the gold answer."""
    values = read(gold)
    are_several = isinstance(values, Group) or (isinstance(values, Assignment) and len(values.names) > 1)
    return are_several and difference(together, gold, tolerance) is None


def _last_integer(completion: str) -> str | None:
    """The integer of a last line such as ``A:24``, where there is no other marker: the most common case."""
    before, _, last = completion.rpartition("\n")
    match = _SHORT.fullmatch(last)
    if match is None or _MARKER.search(before):
        return None
    return match[1]
