"""Counting sentences: what ends one, and what only looks like an end."""

import re

import regex

# outside ASCII a mark that ends a sentence needs no space behind it
_END = regex.compile(
    r"(?<=[.!?…])[\"'”’»)\]]*\s+(?=[\"'“‘„«¿¡(\[]*[\w--[\d_\p{Ll}]]|(?<!\bNo\.\s+)[0-9])"
    r"|(?<=[\p{Sentence_Terminal}--[.．]])|\n{2,}",
    regex.VERSION1,
)
_ABBREVIATION = regex.compile(
    r"\b(?:Mr|Mrs|Ms|Dr|Prof|St|Jr|Sr|vs|etc|approx|Fig|Eq|Inc|Ltd|Co|\p{L}(?:\.\p{L})+|\p{Lu})\.$"
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
