"""Numbers as people write them: signs, separators, currency, percent, fractions, LaTeX and a unit.

A percent sign and a currency sign are units: ``50%`` is 50 and not 0.5. A unit that only one side
states is ignored, so ``24 apples`` is 24; two units without a common word differ.
"""

import re
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path

MAX_LENGTH = 300
_NOT_UNITS = Path(__file__).with_name("not_units.txt")
_WHOLE = r"[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+"
_DECIMAL = rf"(?:(?:{_WHOLE})(?:\.[0-9]+)?|\.[0-9]+)"
_BRACED = r"\s*\{\s*(-?[0-9.,]+)\s*\}"
_NUMBER = re.compile(
    rf"(?P<sign>[-+]?)\s*(?P<currency>[$€£¥]?)\s*(?P<inner>-?)"
    rf"(?:(?P<mixed>[0-9]+)[ ]+)?(?P<top>{_DECIMAL})(?:\s*/\s*(?P<bottom>{_DECIMAL}))?"
    r"\s*(?P<percent>%?)\s*(?P<unit>[^\W\d_][^\d_]{0,60}(?:\^?\{?[23]\}?)?)?",
)
_WORD = re.compile(r"[^\W\d_]+|°")
_GROUP_SPACE = re.compile(r"(?<=[0-9])(?:\\[,!:; ]|\{,\}|[\u00a0\u2009\u202f])(?=[0-9]{3})")
_TEXT = re.compile(r"\\(?:text|mathrm|mbox|textbf|textit|operatorname)\s*\{([^{}]*)\}")
_FRACTION = re.compile(rf"(?<=[0-9])?\s*\\[dt]?frac(?:{_BRACED}{_BRACED}|\s*([0-9])\s*([0-9]))")
_DEGREES = re.compile(r"\^\s*(?:\\circ|\{\s*\\circ\s*\})")
_SPACE = re.compile(r"(?<!\\)\\[,;: ]|~|\u00a0")
_REPLACEMENTS = {
    r"\!": "",
    r"\$": "$",
    r"\%": "%",
    r"\left": "",
    r"\right": "",
    "−": "-",
    "–": "-",
    "½": " 1/2",
    "°": " degrees ",
}
_DELIMITERS = (("$$", "$$"), ("$", "$"), (r"\(", r"\)"), (r"\[", r"\]"), ("**", "**"), ("`", "`"))
_CURRENCIES = {"$": "dollar", "€": "euro", "£": "pound", "¥": "yen"}


@dataclass(frozen=True, slots=True)
class Number:
    """An exact value and the words of its unit, which are none where no unit is stated."""

    value: Fraction
    unit: frozenset[str]

    def same_unit(self, other: "Number") -> bool:
        """Whether the units have a word in common, or one side states none."""
        return not self.unit or not other.unit or bool(self.unit & other.unit)


def plain(text: str) -> str:
    """The text without math delimiters, emphasis, spacing commands and a final full stop."""
    text = text.strip()
    while True:
        shorter = _undelimited(text.rstrip(" .。"))
        if shorter == text:
            break
        text = shorter
    if "\\" in text or not text.isascii():
        text = _GROUP_SPACE.sub("", text)
        text = _DEGREES.sub(" degrees ", _TEXT.sub(r" \1 ", text))
        text = _SPACE.sub(" ", text)
        for written, replacement in _REPLACEMENTS.items():
            text = text.replace(written, replacement)
    return text.strip()


def _undelimited(text: str) -> str:
    for opening, closing in _DELIMITERS:
        inner = text[len(opening) : -len(closing)]
        if len(text) > len(opening) + len(closing) and text.startswith(opening) and text.endswith(closing):
            return inner.strip() if opening not in inner else text
    return text


def number(text: str) -> Number | None:
    """The number that the whole text is, or None."""
    if len(text) > MAX_LENGTH:
        return None
    text = plain(text)
    if "frac" in text:
        text = _FRACTION.sub(lambda parts: f" {parts[1] or parts[3]}/{parts[2] or parts[4]}", text).strip()
    match = _NUMBER.fullmatch(text)
    if match is None:
        return None
    magnitude = _magnitude(match["top"], match["bottom"], match["mixed"])
    unit = _unit(match)
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


def _unit(match: re.Match[str]) -> frozenset[str] | None:
    """The unit's words without plural; None where a word shows that this is not a unit."""
    words = {word.casefold() for word in _WORD.findall(match["unit"] or "")}
    if words & not_units() or len(words) > 6 or re.search(r"[=<>+*(]", match["unit"] or ""):
        return None
    signs = {_CURRENCIES[match["currency"]]} if match["currency"] else set()
    signs |= {"percent"} if match["percent"] else set()
    return frozenset({word.removesuffix("s") or word for word in words} | signs)


@cache
def not_units() -> frozenset[str]:
    """Words that a unit may not contain, from ``not_units.txt``."""
    lines = _NOT_UNITS.read_text(encoding="utf-8").splitlines()
    return frozenset(line.strip() for line in lines if line.strip() and not line.startswith("#"))
