"""Refusals in other languages than English: their phrases, and which languages have some."""

import re
from functools import cache
from pathlib import Path

from methods.reading.languages import language

PHRASES = Path(__file__).with_name("refusals_by_language.txt")
_GAP = r"[^.!?;:,\n]{0,60}?"
# English has a file of its own, and zxx is what has no words
_OTHERS = frozenset({"en", "zxx"})


def first_phrase(text: str) -> int | None:
    """Where the first phrase begins in ``text``, which is in lower case; None where there is none."""
    found = [
        match.start()
        for words, pattern in _phrases()
        if any(word in text for word in words) and (match := pattern.search(text))
    ]
    return min(found, default=None)


def is_covered(text: str) -> bool:
    """Whether there are phrases in the text's language; so it is taken to be where that is unclear."""
    found = language(text)
    return found is None or found[0] in covered_languages()


@cache
def covered_languages() -> frozenset[str]:
    """The ISO 639 codes of the languages that have phrases."""
    return _OTHERS.union(code for codes, _, _ in _lines() for code in codes)


@cache
def _lines() -> tuple[tuple[tuple[str, ...], tuple[str, ...], str], ...]:
    """The codes, words and pattern of each line."""
    lines = []
    for line in PHRASES.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            head, _, pattern = line.partition(": ")
            codes, _, words = head.partition(" ")
            lines.append((tuple(codes.split(",")), tuple(words.split(",")), pattern))
    return tuple(lines)


@cache
def _phrases() -> tuple[tuple[tuple[str, ...], re.Pattern[str]], ...]:
    # a plain search for a word is far quicker than a pattern, and most texts have none
    return tuple((words, re.compile(pattern.replace("{gap}", _GAP))) for _, words, pattern in _lines())
