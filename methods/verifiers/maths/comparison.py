"""Whether two answers are one: structure by structure, numbers exactly, and symbols by math-verify."""

import re
from collections.abc import Sequence
from fractions import Fraction

from methods.reading.arithmetic import Unparsed, value
from methods.verifiers.maths.notation import plain
from methods.verifiers.maths.number import MAX_LENGTH, Number, number
from methods.verifiers.maths.ranges import as_interval
from methods.verifiers.maths.structure import Assignment, Based, Group, Matrix, Scalar, Value, read
from methods.verifiers.maths.symbolic import symbolic_difference
from methods.verifiers.maths.units import split_unit

MAX_SYMBOLIC = 24
_SPACING = re.compile(r"\s+|\\left|\\right")
# between letters, and between digits that are no groups of thousands, a space parts
_SPACE = re.compile(
    r"(?<=[0-9]) (?=[0-9]{3}(?![0-9]))|(?<![A-Za-z0-9]) |(?<=[0-9]) (?![0-9])|(?<=[A-Za-z]) (?![A-Za-z])"
)
_APART = re.compile(r"(?<![_0-9])[0-9]+ [0-9]")
_FRACTION = re.compile(r"\\[dt]?frac\{([^{}]*)\}\{([^{}]*)\}")
_SIGNS = str.maketrans({"{": "(", "}": ")", "$": "", ",": "", " ": ""})
_DIGITS_FRACTION = re.compile(r"\\frac\s*([0-9])\s*([0-9])")


def difference(answer: str, gold: str, tolerance: float) -> str | None:
    """Why an extracted answer is not the gold answer; None where they are equal."""
    if len(answer) > MAX_LENGTH:
        return f"a final answer longer than {MAX_LENGTH} characters"
    remark = _Comparison(tolerance).remark(read(answer), read(gold))
    if remark is None:
        return None
    if remark == _UNIT:
        return f"the unit of {answer} is not that of {gold}"
    return f"{answer[:80]} is not {gold[:80]} {remark}".rstrip()


_UNIT = "unit"


class _Comparison:
    """One comparison; symbols are compared a limited number of times, since each may take a second."""

    def __init__(self, tolerance: float) -> None:
        self.tolerance, self.symbolic_left = tolerance, MAX_SYMBOLIC

    def remark(self, mine: Value, theirs: Value) -> str | None:
        """None where both are equal; else a remark, which may be empty, on how they were compared."""
        if isinstance(mine, Assignment) or isinstance(theirs, Assignment):
            return self._named(mine, theirs)
        if isinstance(mine, Group) and isinstance(theirs, Group):
            return self._groups(mine, theirs)
        if isinstance(mine, Matrix) and isinstance(theirs, Matrix):
            return self._matrices(mine, theirs)
        if isinstance(mine, Scalar) and isinstance(theirs, Scalar):
            return self._scalars(mine.text, theirs.text)
        if isinstance(mine, Group | Scalar) and isinstance(theirs, Group | Scalar):
            return self._rewritten(mine, theirs)
        return None if isinstance(mine, Based) and mine == theirs else ""

    def _named(self, mine: Value, theirs: Value) -> str | None:
        if not (isinstance(mine, Assignment) and isinstance(theirs, Assignment)):
            return self._half_named(mine, theirs)
        if len({*mine.names}) == 1 and mine.names[0] == theirs.names[0]:
            return self.remark(mine.value, theirs.value) if len({*theirs.names}) == 1 else ""
        if sorted(mine.names) != sorted(theirs.names) or len({*mine.names}) < len(mine.names):
            return "(compared by name)"
        by_name = dict(zip(theirs.names, theirs.values, strict=True))
        pairs = [(part, by_name[label]) for label, part in zip(mine.names, mine.values, strict=True)]
        return self._all(pairs)

    def _half_named(self, mine: Value, theirs: Value) -> str | None:
        """One side names its values and the other does not: their order counts, by the alphabet."""
        named, other = (mine, theirs) if isinstance(mine, Assignment) else (theirs, mine)
        assert isinstance(named, Assignment)
        if len({*named.names}) == 1:
            return self.remark(named.value, other)
        if list(named.names) != sorted(named.names) or not isinstance(other, Group):
            return "(compared by name)"
        if len(other.parts) != len(named.values) or other.brackets == "{}":
            return ""
        return self._all(list(zip(named.values, other.parts, strict=True)))

    def _groups(self, mine: Group, theirs: Group) -> str | None:
        if len(mine.parts) != len(theirs.parts):
            return ""
        brackets = (mine.brackets, theirs.brackets)
        if mine.brackets != theirs.brackets and (all(brackets) or ":" in brackets):
            return "(the brackets differ)"
        if mine.is_ordered or theirs.is_ordered:
            return self._all(list(zip(mine.parts, theirs.parts, strict=True)))
        return self._in_any_order(mine.parts, theirs.parts)

    def _rewritten(self, mine: Group | Scalar, theirs: Group | Scalar) -> str | None:
        """A ratio as a quotient, or inequalities as intervals, beside what is written as such."""
        group, other = (mine, theirs) if isinstance(mine, Group) else (theirs, mine)
        assert isinstance(group, Group)
        if group.brackets == ":" and len(group.parts) == 2 and isinstance(other, Scalar):
            first, second = (part.text if isinstance(part, Scalar) else "" for part in group.parts)
            return self.remark(Scalar(rf"\frac{{{first}}}{{{second}}}"), other) if first and second else ""
        if interval := as_interval(group):
            return self.remark(read(interval), other)
        if (interval := as_interval(other)) and group.brackets not in ("", "{}", ":"):
            return self.remark(group, read(interval))
        return ""

    def _in_any_order(self, mine: Sequence[Value], theirs: Sequence[Value]) -> str | None:
        left = list(theirs)
        for part in mine:
            position = next((index for index, other in enumerate(left) if part == other), None)
            if position is None:
                equal = (index for index, other in enumerate(left) if self.remark(part, other) is None)
                position = next(equal, None)
            if position is None:
                return ""
            del left[position]
        return None

    def _matrices(self, mine: Matrix, theirs: Matrix) -> str | None:
        if [len(row) for row in mine.rows] != [len(row) for row in theirs.rows]:
            return "(the shapes differ)"
        rows = zip(mine.rows, theirs.rows, strict=True)
        return self._all([pair for left, right in rows for pair in zip(left, right, strict=True)])

    def _all(self, pairs: Sequence[tuple[Value, Value]]) -> str | None:
        return next(
            (remark for left, right in pairs if (remark := self.remark(left, right)) is not None), None
        )

    def _scalars(self, mine: str, theirs: str) -> str | None:
        ours, gold = _number(mine), _number(theirs)
        if ours is not None and gold is not None:
            return self._number_remark(ours, gold)
        (mine, unit), (theirs, other) = split_unit(plain(mine)), split_unit(plain(theirs))
        if not unit.same(other):
            return _UNIT
        left, right = _tidy(mine), _tidy(theirs)
        if left == right or (_is_word(left) and left.casefold() == right.casefold()):
            return None
        if left.count("=") != right.count("=") or self.symbolic_left == 0 or _APART.search(f"{left},{right}"):
            return ""
        self.symbolic_left -= 1
        return symbolic_difference(left, right)

    def _number_remark(self, mine: Number, theirs: Number) -> str | None:
        if not mine.unit.same(theirs.unit):
            return _UNIT
        exact = theirs.value.denominator == 1
        allowed = 0 if exact else abs(theirs.value) * Fraction(self.tolerance)
        return None if abs(mine.value - theirs.value) <= allowed else ""


def _number(text: str) -> Number | None:
    """The number that ``text`` is, or the right side of an equation that its left side gives."""
    value_of_text = number(text)
    if value_of_text is not None or "=" not in text or len(text) > MAX_LENGTH:
        return value_of_text
    left, _, right = plain(text).rpartition("=")
    result = number(right)
    return result if result is not None and _gives(left, result) else None


def _gives(left: str, result: Number) -> bool:
    """Whether the left side, which may be a chain of equations, gives the result."""
    left = _FRACTION.sub(r"((\1)/(\2))", left)
    for command, sign in ((r"\times", "*"), (r"\cdot", "*"), (r"\div", "/")):
        left = left.replace(command, sign)
    sides = [side.translate(_SIGNS) for side in left.split("=")]
    try:
        return all(
            abs(value(side) - float(result.value)) <= 1e-9 * max(1.0, abs(float(result.value)))
            for side in sides
        )
    except Unparsed:
        return False


def _is_word(text: str) -> bool:
    """Whether letters are a word, in which case does not count, rather than variables."""
    return text.isalpha() and (len(text) > 2 or text.casefold() == "no")


def _tidy(text: str) -> str:
    text = plain(text).replace("dfrac", "frac").replace("tfrac", "frac")
    text = _SPACING.sub(" ", text).strip()
    text = _DIGITS_FRACTION.sub(r"\\frac{\1}{\2}", text)
    return _SPACE.sub("", text)
