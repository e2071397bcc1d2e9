"""Whether a text abstains from an answer, by phrases: it does not know, nobody can, or something is missing.

Phrases are sure of a text that has one of them, and of a text without any word of denial, doubt or question.
All else is unsure, such as an answer that denies what the question takes for granted, and may be asked of a
judge.
"""

import re
from functools import cache
from pathlib import Path

from methods.reading.refusals import read_refusal
from methods.reading.thought import without_thought

_APOSTROPHES = re.compile("[’ʼ‘`´]")
PHRASES = Path(__file__).with_name("abstentions.txt")
# a whole answer that is one of these
_ALONE = re.compile(r"(?:unknown|unanswerable|not known|none|n/a|no idea|unclear|uncertain|not sure)[.!]?")
_DOUBT = re.compile(
    r"\b(?:no|not|never|none|nothing|nobody|neither|nor|without|cannot|unknown|unclear|unsure|uncertain|unable"
    r"|impossible|fictional|fictitious|imaginary|invented|hypothetical|incorrect|false|mistaken|misconception|myth"
    r"|depends|perhaps|maybe|might|sorry|unfortunately|however|actually)\b|n't\b|\?"
)


def abstains(text: str) -> bool | None:
    """Whether ``text`` abstains; None where its phrases alone cannot tell."""
    answer = " ".join(_APOSTROPHES.sub("'", without_thought(text).answer).lower().split()).strip(" *_\"'")
    if _ALONE.fullmatch(answer) or any(pattern.search(answer) for pattern in _patterns()):
        return True
    refusal = read_refusal(text)
    if refusal.sure and refusal.kind == "full":
        return True
    return None if _DOUBT.search(answer) or refusal.refused else False


@cache
def _patterns() -> tuple[re.Pattern[str], ...]:
    lines = PHRASES.read_text(encoding="utf-8").splitlines()
    return tuple(re.compile(line) for line in lines if line.strip() and not line.startswith("#"))
