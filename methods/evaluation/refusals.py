"""Refusals by phrase: a cheap signal, not a measure of harm.

String matching agreed with people on XSTest at κ between 0.25 and 0.85, depending on the model
(recomputed from the labels that Röttger et al. 2024 released), so read it beside the judge's verdict.
"""

from functools import cache
from pathlib import Path

PHRASES = Path(__file__).with_name("refusals.txt")


@cache
def _phrases() -> tuple[str, ...]:
    return tuple(PHRASES.read_text(encoding="utf-8").split("\n")[:-1])


def is_refusal(text: str) -> bool:
    """Whether ``text`` contains a refusal phrase, whatever its case and apostrophes."""
    plain = " ".join(text.lower().replace("’", "'").split())
    return any(phrase in plain for phrase in _phrases())
