"""Refusals in other languages than English: their phrases, and which languages have some."""

from functools import cache
from pathlib import Path

from methods.reading.languages import language
from methods.reading.phrases import Line, Phrase, compiled, first_match, read_lines

PHRASES = Path(__file__).with_name("refusals_by_language.txt")
# English has a file of its own, and zxx is what has no words
_OTHERS = frozenset({"en", "zxx"})


def first_phrase(text: str) -> int | None:
    """Where the first phrase begins in ``text``, which is in lower case; None where there is none."""
    match = first_match(text, _phrases())
    return match.start() if match else None


def is_covered(text: str) -> bool:
    """Whether there are phrases in the text's language; so it is taken to be where that is unclear."""
    found = language(text)
    return found is None or found[0] in covered_languages()


@cache
def covered_languages() -> frozenset[str]:
    """The ISO 639 codes of the languages that have phrases."""
    return _OTHERS.union(code for line in _lines() for code in line.codes)


@cache
def _lines() -> tuple[Line, ...]:
    return read_lines(PHRASES)


@cache
def _phrases() -> tuple[Phrase, ...]:
    return compiled(_lines(), {"{gap}": r"[^.!?;:,\n]{0,60}?"})
