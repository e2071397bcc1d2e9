"""Phrases of many languages, a line each: codes of languages, words that a text must have, and a pattern."""

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple


class Line(NamedTuple):
    """A phrase as its file says it: words are alternatives, of which the text has one."""

    codes: tuple[str, ...]
    words: tuple[str, ...]
    pattern: str


Phrase = tuple[tuple[str, ...], re.Pattern[str]]


def read_lines(path: Path) -> tuple[Line, ...]:
    """The phrases of a file, whose comments begin with ``#``."""
    lines = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            head, _, pattern = line.partition(": ")
            codes, _, words = head.partition(" ")
            lines.append(Line(tuple(codes.split(",")), tuple(words.split(",")), pattern))
    return tuple(lines)


def compiled(lines: Iterable[Line], meanings: Mapping[str, str]) -> tuple[Phrase, ...]:
    """The phrases with what their patterns abbreviate, such as ``{gap}``, written out."""
    phrases = []
    for line in lines:
        pattern = line.pattern
        for name, meaning in meanings.items():
            pattern = pattern.replace(name, meaning)
        phrases.append((line.words, re.compile(pattern)))
    return tuple(phrases)


def first_match(text: str, phrases: Sequence[Phrase]) -> re.Match[str] | None:
    """The phrase that begins first in ``text``, which is in lower case; None where there is none."""
    # a plain search for a word is far quicker than a pattern, and most texts have none
    matches = (
        match
        for words, pattern in phrases
        if any(word in text for word in words) and (match := pattern.search(text))
    )
    return min(matches, key=re.Match.start, default=None)
