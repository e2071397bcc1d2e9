"""Rows that a trainer could use and loses to a limit of length."""

from collections.abc import Mapping

# reasons that are no property of the rows but of max_length and of the tokenizer
LOST = ("too_long", "steps_share_a_token")


def lost_share(counts: Mapping[str, int]) -> float:
    """The share of usable rows that are lost, by a training run's counts of rows."""
    usable = counts["given"] - counts.get("unlabelled", 0)
    return sum(counts.get(one, 0) for one in LOST) / usable if usable > 0 else 0.0
