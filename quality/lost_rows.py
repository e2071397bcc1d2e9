"""Rows that a trainer could use and loses to a limit of length."""

from collections.abc import Mapping

# reasons that are no property of the rows but of max_length and of the tokenizer
LOST = ("too_long", "steps_share_a_token")
# reasons for which a row has nothing to learn from, or is not meant to be used, whatever its length
UNUSABLE = ("unlabelled", "undecided", "unasked")


def lost_share(counts: Mapping[str, int]) -> float:
    """The share of usable rows that are lost, by a training run's counts of rows."""
    usable = counts["given"] - sum(counts.get(one, 0) for one in UNUSABLE)
    return sum(counts.get(one, 0) for one in LOST) / usable if usable > 0 else 0.0
