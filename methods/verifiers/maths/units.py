r"""Units: which word or symbol is one, how else it is written, and when two written units are the same.

A letter right behind a number is a variable, unless it came from ``\text{}``. A unit that ``units.txt``
lists is compared by its power; other words of at least three letters may count things, such as apples.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

MAX_WORDS = 6
_UNITS = Path(__file__).with_name("units.txt")
_NOT_UNITS = Path(__file__).with_name("not_units.txt")
_TOKEN = re.compile(
    r"\s*(?:(?P<word>[^\W\d_]+)|(?P<sign>[%$€£¥¢₹])|\^\s*\{?\s*(?P<power>-?[0-9])\s*\}?"
    r"|(?P<over>/)|(?P<times>[*-]|\\cdot|\\times))"
)
_DEGREES = re.compile(r"\bdegrees\s+(C|F|[Cc]elsius|[Ff]ahrenheit)\b")
_PROSE = re.compile(r"[^\W\d_]+(?:(?:[ ]*[/][ ]*|[ '’.-]+)[^\W\d_]+)*\.?")
_ENDING = re.compile(r"(.*?[^\s+*/^_=<>-])\s+([A-Za-z]{2,}[A-Za-z0-9\s/^{}-]{0,40})\.?")
_WORD = re.compile(r"[^\W\d_]+")
_PREFIXES = {"square": 2, "sq": 2, "cubic": 3, "cu": 3}
_SUFFIXES = {"squared": 2, "cubed": 3}
_SHORT = frozenset({"a", "an", "of", "per"})
# scripts in which one letter may be a word
_LETTERS_OF_ALPHABETS = re.compile(r"[A-Za-zÀ-ɏͰ-Ͽ]{1,2}")


@dataclass(frozen=True, slots=True)
class Unit:
    """``factors`` of known units with their powers, or the ``words`` of one that is not known."""

    factors: frozenset[tuple[str, int]] = frozenset()
    words: frozenset[str] = frozenset()

    def same(self, other: "Unit") -> bool:
        """Whether both are one unit, share a word, or one side states none."""
        if not self.all_words or not other.all_words:
            return True
        if self.words or other.words:
            return bool(self.all_words & other.all_words)
        return self.factors == other.factors

    @property
    def all_words(self) -> frozenset[str]:
        """The names of its factors and its other words."""
        return self.words | {factor for factor, _ in self.factors}


def read_unit(text: str, currency: str = "") -> Unit | None:
    """The unit that stands behind a number, with the sign before it; None where ``text`` is not a unit.

    Without a space in front the unit has to be a known one of at least two letters.
    """
    signs = {(unit_names()[currency], 1)} if currency else set()
    if not text.strip():
        return Unit(frozenset(signs))
    glued = not text[0].isspace()
    factors = _factors(_DEGREES.sub(lambda degrees: f"°{degrees[1][0].upper()}", text))
    if factors is not None and not (glued and re.match(r"[^\W\d_](?![^\W\d_])", text)):
        return Unit(frozenset(signs) | factors)
    if text.startswith("%"):
        return _worded(text[1:], signs | {("percent", 1)})
    return None if glued and _LETTERS_OF_ALPHABETS.match(text) else _worded(text, signs)


def split_unit(text: str) -> tuple[str, Unit]:
    """An expression without the known unit of two letters or more that ends it, and that unit."""
    ending = _ENDING.fullmatch(text.strip())
    factors = _factors(ending[2]) if ending else None
    return (ending[1], Unit(factors)) if ending and factors else (text, Unit())


def _worded(text: str, signs: set[tuple[str, int]]) -> Unit | None:
    text = text.strip()
    words = [word.casefold() for word in _WORD.findall(text)]
    if not _PROSE.fullmatch(text) or len(words) > MAX_WORDS or not_units() & {*words}:
        return None
    if any(word not in _SHORT and _LETTERS_OF_ALPHABETS.fullmatch(word) for word in words):
        return None
    named = {unit_names().get(word, word.removesuffix("s") or word) for word in words if word not in _SHORT}
    return Unit(frozenset(signs), frozenset(named)) if named else None


def _factors(text: str) -> frozenset[tuple[str, int]] | None:
    """The known units of ``text`` with their powers; None where it is anything else."""
    powers: dict[str, int] = {}
    direction, prefix, last = 1, 1, ""
    for kind, token in _tokens(text.replace("°C", "celsius").replace("°F", "fahrenheit")):
        if kind == "over" or token == "per":
            direction = -1
        elif token in _PREFIXES:
            prefix = _PREFIXES[token]
        elif last and (kind == "power" or token in _SUFFIXES):
            powers[last] = direction * (_SUFFIXES.get(token) or int(token))
        elif kind in ("word", "sign") and (unit := _known(token)):
            over, _, below = unit.partition("/")
            powers[over] = powers.get(over, 0) + direction * prefix
            powers |= {below: -direction} if below else {}
            last, prefix = over, 1
        elif kind != "times":
            return None
    return frozenset(powers.items()) if powers and prefix == 1 else None


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    start, text = 0, text.rstrip(" .")
    while start < len(text):
        token = _TOKEN.match(text, start)
        if token is None:
            yield "unknown", text[start]
            return
        kind = token.lastgroup or ""
        yield kind, token[kind]
        start = token.end()


def _known(word: str) -> str | None:
    names = unit_names()
    return names.get(word) or (names.get(word.casefold()) if len(word) > 1 else None)


@cache
def unit_names() -> dict[str, str]:
    """Every way in which a unit of ``units.txt`` is written, to its name."""
    names: dict[str, str] = {}
    for line in _lines(_UNITS):
        unit, _, written = line.partition(":")
        names |= dict.fromkeys([unit, *written.split()], unit)
    return names


@cache
def not_units() -> frozenset[str]:
    """Words that a unit may not contain, from ``not_units.txt``."""
    return frozenset(_lines(_NOT_UNITS))


def _lines(path: Path) -> list[str]:
    lines = path.read_text(encoding="utf-8").splitlines()
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]
