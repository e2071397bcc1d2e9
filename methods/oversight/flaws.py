"""What makes an argument void: nothing said, said before, given up, or which side was assigned."""

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from datasets_registry.importing.groups import plain_words
from datasets_registry.rows.oversight.debates import Flaw
from methods.oversight.quotes import without_quotes

CONCESSIONS = Path(__file__).with_name("concessions.txt")
LEAKS = Path(__file__).with_name("leaks.txt")


def flaw_of(argument: str, earlier: Iterable[str]) -> Flaw | None:
    """The flaw of an argument after ``earlier`` ones of the same debate; what it quotes is not its own."""
    words = plain_words(argument)
    if not words:
        return "empty"
    if words in map(plain_words, earlier):
        return "repeats"
    own = without_quotes(argument).replace("’", "'")
    if _matches(LEAKS, own):
        return "leaks"
    return "concedes" if _matches(CONCESSIONS, own) else None


def _matches(path: Path, text: str) -> bool:
    return any(pattern.search(text) for pattern in _patterns(path))


@cache
def _patterns(path: Path) -> tuple[re.Pattern[str], ...]:
    lines = path.read_text(encoding="utf-8").splitlines()
    return tuple(re.compile(line, re.IGNORECASE) for line in lines if line and not line.startswith("#"))
