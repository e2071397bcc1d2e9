"""Numbers as people write them: signs, separators, currency, percent, fractions, LaTeX and a unit.

A percent sign and a currency sign are units: ``50%`` is 50 and not 0.5. A unit that only one side
states is ignored, so ``24 apples`` is 24; two units without a common word differ, and so do ``cm`` and
``cm^2``.
"""

import re
from dataclasses import dataclass
from fractions import Fraction

from methods.verifiers.maths.notation import plain
from methods.verifiers.maths.units import Unit, read_unit

MAX_LENGTH = 300
_WHOLE = r"[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+"
_DECIMAL = rf"(?:(?:{_WHOLE})(?:\.[0-9]+)?|\.[0-9]+)"
_BRACED = r"\s*\{\s*(-?[0-9.,]+)\s*\}"
_NUMBER = re.compile(
    rf"(?P<sign>[-+]?)\s*(?P<currency>[$€£¥₹]?)\s*(?P<inner>-?)"
    rf"(?:(?P<mixed>[0-9]+)[ ]+)?(?P<top>{_DECIMAL})"
    rf"(?:\s*/\s*(?P<bottom>{_DECIMAL})|[eE](?P<exponent>[-+]?[0-9]{{1,2}})(?![0-9.]))?",
)
_FRACTION = re.compile(rf"(?<=[0-9])?\s*\\[dtc]?frac(?:{_BRACED}{_BRACED}|\s*([0-9])\s*([0-9]))")


@dataclass(frozen=True, slots=True)
class Number:
    """An exact value and its unit, which has no words where none is stated."""

    value: Fraction
    unit: Unit


def number(text: str) -> Number | None:
    """The number that the whole text is, or None."""
    if len(text) > MAX_LENGTH:
        return None
    text = plain(text)
    if "frac" in text:
        text = _FRACTION.sub(lambda parts: f" {parts[1] or parts[3]}/{parts[2] or parts[4]}", text).strip()
    match = _NUMBER.match(text)
    if match is None:
        return None
    magnitude = _magnitude(match["top"], match["bottom"], match["mixed"])
    if magnitude is not None and match["exponent"]:
        magnitude *= Fraction(10) ** int(match["exponent"])
    unit = read_unit(text[match.end() :], match["currency"])
    if magnitude is None or unit is None:
        return None
    return Number(-magnitude if "-" in match["sign"] + match["inner"] else magnitude, unit)


def _magnitude(top: str, bottom: str | None, mixed: str | None) -> Fraction | None:
    result = Fraction(top.replace(",", ""))
    if bottom is not None:
        below = Fraction(bottom.replace(",", ""))
        if not below:
            return None
        result /= below
    elif mixed is not None:
        return None
    return result + int(mixed or 0)
