"""Counting sentences: what ends one, and what only looks like an end."""

import re

_END = re.compile(r"(?<=[.!?…])[\"'”’)\]]*\s+(?=[\"'“‘(\[]*[^\W\d_a-zß-ÿ]|[0-9])|(?<=[。!?])|\n{2,}")
_ABBREVIATION = re.compile(
    r"\b(?:Mr|Mrs|Ms|Dr|Prof|St|Jr|Sr|vs|etc|approx|No|Fig|Eq|Inc|Ltd|Co|e\.g|i\.e|a\.m|p\.m|U\.S|[A-Z])\.$"
)


def count_sentences(text: str) -> int:
    """The number of sentences; an abbreviation or an initial before a capital ends none."""
    count, start = 0, 0
    for end in _END.finditer(text):
        before = text[start : end.start()].rstrip()
        if not re.search(r"\w", before) or _ABBREVIATION.search(before):
            continue
        count, start = count + 1, end.end()
    return count + bool(re.search(r"\w", text[start:]))
