"""Whether a training text has a known text: word for word, or reworded lightly in one place."""

from collections.abc import Sequence, Set

from quality.hygiene.contamination import WORDS
from quality.hygiene.leaks.index import GRAM
from quality.hygiene.leaks.items import MIN_QUESTION_WORDS, MIN_WORDS

# of the known text's 3-grams and of its words, this much lies close together in a reworded one
NEAR_GRAMS, NEAR_WORDS = 0.5, 0.8
# a text of few words shares half of them with many a look-alike
SHORT_NEAR_GRAMS = 0.6
# how much longer the place may be than the known text
_STRETCH = 1.5


def shared_run(known: Sequence[str], text: Sequence[str], common: Set[str]) -> str | None:
    """The first 13 words in a row that both have and that are not ``common``; of a shorter text, all."""
    size = min(WORDS, len(known))
    if size < MIN_WORDS:
        return None
    of_text = set(runs(text, size))
    return next((run for run in runs(known, size) if run in of_text and run not in common), None)


def nearness(known: Sequence[str], text: Sequence[str], needed: Set[str]) -> float | None:
    """The share of 3-grams that are close together in ``text``; None where it is no rewording."""
    grams = set(runs(known, GRAM))
    if len(known) < MIN_WORDS:
        return None
    span = int(len(known) * _STRETCH)
    hits = [place for place, run in enumerate(runs(text, GRAM)) if run in grams]
    best, window = 0, list[str]()
    for place in hits:
        here = text[place : place + span]
        shared = len(grams & set(runs(here, GRAM)))
        if shared > best:
            # what was put before the first gram that is shared belongs to the place too
            best, window = shared, list(text[max(place - GRAM, 0) : place + span])
    words, share = set(window), best / len(grams)
    covered = len(set(known) & words) / len(set(known))
    enough = NEAR_GRAMS if len(known) >= WORDS else SHORT_NEAR_GRAMS
    is_near = share >= enough and covered >= NEAR_WORDS and needed <= words
    return share if is_near else None


def is_asked(known: Sequence[str], text: Sequence[str]) -> bool:
    """Whether a question that is too short to be known by itself stands in the text word for word."""
    short = MIN_QUESTION_WORDS <= len(known) < MIN_WORDS
    return short and contains(" ".join(text), " ".join(known))


def shared_grams(known: Sequence[str], text: Sequence[str]) -> float:
    """The share of the known text's 3-grams that are anywhere in the text."""
    grams = set(runs(known, GRAM))
    return len(grams & set(runs(text, GRAM))) / len(grams)


def contains(text: str, words: str) -> bool:
    """Whether the words stand in the text in a row."""
    return f" {words} " in f" {text} "


def runs(words: Sequence[str], size: int) -> list[str]:
    """All runs of ``size`` words."""
    return [" ".join(words[start : start + size]) for start in range(len(words) - size + 1)]
