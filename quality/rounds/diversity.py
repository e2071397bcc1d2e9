"""Diversity and entropy of a round's samples, within a prompt and across prompts, at one number of words."""

from collections.abc import Iterator

from methods.evaluation.suites.diversity import NAME
from quality.rounds.answers import Beside
from quality.rounds.change import Change

WITHIN, ACROSS, TOP_OPENING, ENTROPY = "diversity_within", "diversity_across", "top_opening", "entropy"


def diversity_changes(beside: Beside) -> Iterator[Change]:
    """The effective number of different texts, the commonest opening, and the entropy of whole answers."""
    yield beside.change(WITHIN, "diversity", "relative", NAME, "vendi_within")
    yield beside.change(ACROSS, "diversity", "relative", NAME, "vendi_across")
    yield beside.change(TOP_OPENING, "diversity", "relative", NAME, "top_opening_across")
    yield beside.change(ENTROPY, "entropy", "relative", NAME, "answer_entropy_within")
