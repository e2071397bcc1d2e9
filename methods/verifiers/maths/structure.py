r"""What a final answer is made of: a scalar, named values, a tuple, a set, a list, an interval or a matrix.

``(1,2)`` is ordered and ``\{1,2\}`` is not; a list without brackets is not ordered either, and elements
that are repeated count. ``x=1, y=2`` names its values.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from methods.verifiers.maths.notation import plain
from methods.verifiers.maths.number import MAX_LENGTH, number

MAX_PARTS = 100
_NAME = (
    r"(?:m?\s*\\(?:angle|triangle|measuredangle)\s*)?\\?[A-Za-z]+(?:_(?:[A-Za-z0-9]|\{[A-Za-z0-9]+\}))?"
    r"(?:\^\{?-1\}?|'{1,3})?(?:\([A-Za-z0-9]{1,3}\))?"
)
_MEASURE = (
    r"\\(?:overline|vec|hat|bar|widehat|overrightarrow)\s*\{[A-Za-z]{1,3}\}|\|[A-Za-z]{1,2}\||\[[A-Z]{3,6}\]"
    r"|\\[dt]?frac\s*\{d[a-z]?\}\s*\{d[a-z]\}"
)
_ASSIGNED = re.compile(
    rf"\s*({_NAME}|{_MEASURE}|\(\s*{_NAME}(?:\s*,\s*{_NAME})+\s*\))\s*(?:=|\\approx(?![A-Za-z])|\\in(?![A-Za-z]))"
    r"\s*([^=<>]+)"
)
_RATIO = re.compile(r"[^:,;()=<>\[\]{}]*[0-9A-Za-z}](?:\s*:\s*[0-9A-Za-z\\.]+(?:\{[^{}]*\})*){1,5}")
_TIME = re.compile(r"([0-9]{1,2}:[0-9]{2})\s*([aApP])\.?\s*[mM]\.?")
_SEPARATOR = re.compile(r"\s*(?:[,;]\s*(?:(?:and|or)\b)?|\b(?:and|or)\b)\s*")
_MATRIX = re.compile(r"\\begin\{([pb]?matrix)\}(.*)\\end\{\1\}", re.DOTALL)
_ARRAY = re.compile(
    r"([(\[])?\s*\\begin\{(?:array\}\s*\{[rcl]+|(?:small)?matrix)\}(.*)\\end\{(?:array|(?:small)?matrix)\}\s*([)\]])?",
    re.DOTALL,
)
_BASED = re.compile(
    r"([0-9A-Z]+)\s*(?:_\s*(?:\{\s*(?:base\s*)?([0-9]{1,2}|[a-z]+)\s*\}|([0-9]{1,2}|\s[a-z]+))"
    r"|(?:in\s+)?base[ -]([0-9]{1,2}|[a-z]+))"
)
_NUMBER_WORDS = "two three four five six seven eight nine ten eleven twelve".split()  # noqa: SIM905
_OPENING, _CLOSING = "([{", ")]}"


@dataclass(frozen=True)
class Scalar:
    """One expression, as plain text."""

    text: str


@dataclass(frozen=True)
class Based:
    """Digits in a stated base."""

    digits: str
    base: str


@dataclass(frozen=True)
class Matrix:
    """Cells by row."""

    rows: tuple[tuple["Value", ...], ...]


@dataclass(frozen=True)
class Group:
    """Several values; ``brackets`` are ``()``, ``[)``, ``{}`` of a set, ``:`` of a ratio, or none."""

    parts: tuple["Value", ...]
    brackets: str = ""

    @property
    def is_ordered(self) -> bool:
        """Whether the order of the parts counts."""
        return self.brackets not in ("", "{}")


@dataclass(frozen=True)
class Assignment:
    """Values by their names; a name that comes twice has two values, such as the roots of an equation."""

    names: tuple[str, ...]
    value: "Value"

    @property
    def values(self) -> tuple["Value", ...]:
        """The value of each name."""
        if len(self.names) == 1 or not isinstance(self.value, Group):
            return (self.value,)
        return self.value.parts


Value = Scalar | Based | Matrix | Group | Assignment


def read(text: str) -> Value:
    """The structure of an answer."""
    if len(text) > MAX_LENGTH:
        return Scalar(text)
    text = plain(text)
    if number(text) is not None:
        return Scalar(text)
    if matrix := _MATRIX.fullmatch(text):
        return _matrix(matrix[2])
    if (array := _ARRAY.fullmatch(text)) and bool(array[1]) == bool(array[3]):
        return _matrix(array[2])
    if time := _TIME.fullmatch(text):
        return Scalar(f"{time[1]} {time[2].lower()}m")
    if based := _BASED.fullmatch(text):
        base = next(group for group in based.groups()[1:] if group)
        return _based(based[1], base.strip(), text)
    parts = list(split(text))
    if 1 < len(parts) <= MAX_PARTS and all(part.strip() for part in parts):
        return _listed(tuple(_values(parts)))
    if _RATIO.fullmatch(text):
        return Group(tuple(read(part) for part in text.split(":")), ":")
    if assigned := _ASSIGNED.fullmatch(text):
        return _assigned(assigned[1], assigned[2])
    return _bracketed(text) or _both_signs(text) or Scalar(text)


def split(text: str) -> Iterator[str]:
    """The parts of a list, at commas, semicolons and conjunctions outside brackets."""
    depth = start = position = 0
    while position < len(text):
        letter = text[position]
        depth += (letter in _OPENING) - (letter in _CLOSING)
        separator = _SEPARATOR.match(text, position) if depth == 0 and letter in ",; ao" else None
        if separator and (letter not in "ao" or text[position - 1 : position].isspace() or position == 0):
            yield text[start:position]
            start = position = max(separator.end(), position + 1)
        else:
            position += 1
    yield text[start:]


def _values(parts: Sequence[str]) -> Iterator[Value]:
    """The value of each part of what has no order; a part with both signs has two."""
    for part in parts:
        value = read(part)
        both = isinstance(value, Group) and not value.brackets
        yield from value.parts if isinstance(value, Group) and both else (value,)


def _listed(parts: tuple[Value, ...]) -> Value:
    """A list, or named values: an unnamed part has the name of the part before it."""
    names: list[str] = []
    values: list[Value] = []
    for part in parts:
        if isinstance(part, Assignment) and len(part.names) == 1:
            names.append(part.names[0])
            values.append(part.value)
        elif names:
            names.append(names[-1])
            values.append(part)
        else:
            return Group(parts)
    return Assignment(tuple(names), Group(tuple(values)))


def _assigned(names: str, value: str) -> Value:
    listed = [_plain_name(part) for part in names.strip("() ").split(",")] if names[0] == "(" else []
    right = read(value)
    if not listed:
        return Assignment((_plain_name(names),), right)
    if isinstance(right, Group) and len(right.parts) == len(listed):
        return Assignment(tuple(listed), right)
    return Scalar(f"{names}={value}")


def _plain_name(text: str) -> str:
    return re.sub(r"^m?\s*\\(?:measured)?angle|\([A-Za-z]\)$|[\\{}\s]", "", text.strip())


def _bracketed(text: str) -> Value | None:
    for opening, closing in ((r"\{", r"\}"), *((first, last) for first in "([" for last in ")]"), ("{", "}")):
        if text.startswith(opening) and text.endswith(closing) and len(text) > len(opening) + len(closing):
            inner = text[len(opening) : -len(closing)]
            parts = list(split(inner))
            if _is_closed(inner) and 1 < len(parts) <= MAX_PARTS:
                values = _values(parts) if opening[-1] == "{" else map(read, parts)
                return Group(tuple(values), opening[-1] + closing[-1])
            if _is_closed(inner) and opening[-1] == "{":
                return read(inner)
    return None


def _is_closed(text: str) -> bool:
    """Whether every bracket that closes was opened within."""
    depth = 0
    for letter in text:
        depth += (letter in _OPENING) - (letter in _CLOSING)
        if depth < 0:
            return False
    return depth == 0


def _both_signs(text: str) -> Group | None:
    if text.count(r"\pm") != 1 or "," in text:
        return None
    return Group((read(text.replace(r"\pm", "+").lstrip("+")), read(text.replace(r"\pm", "-"))))


def _matrix(text: str) -> Matrix:
    rows = [row for row in re.split(r"\\\\(?:\[[^\]]*\])?", text) if row.strip()]
    return Matrix(tuple(tuple(read(cell) for cell in row.split("&")) for row in rows))


def _based(digits: str, base: str, text: str) -> Value:
    if base in _NUMBER_WORDS:
        base = str(_NUMBER_WORDS.index(base) + 2)
    return Based(digits.lstrip("0") or "0", base) if base.isdecimal() else Scalar(text)
