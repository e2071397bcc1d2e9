"""Pairs on which signals disagree: one prefers the completion that another rejects."""

import math

from datasets_registry.rows.rlaif import PreferencePair
from datasets_registry.rows.words import TIE_LOGIT
from generation.scoring.combination import conflicts

# a probability closer to one half than this is a tie
_TIE = 1 / (1 + math.exp(-TIE_LOGIT)) - 0.5
_MARGINS = (
    "list_filter(list_transform(p_signals, lambda share: share.p_a - 0.5),"
    f" lambda margin: abs(margin) > {_TIE})"
)
# of pairs on which two signals or more have a preference; 0 where there are none
CONFLICTING_SHARE = (
    f"coalesce(avg((list_min({_MARGINS}) < 0 AND list_max({_MARGINS}) > 0)::INT)"
    f" FILTER (len({_MARGINS}) > 1), 0)"
)


def margins(pair: PreferencePair) -> list[float]:
    """How much the signals that have a preference prefer completion a, as probability above one half."""
    values = [share.p_a - 0.5 for share in pair.p_signals]
    return [value for value in values if abs(value) > _TIE]


def conflicting(pair: PreferencePair) -> bool:
    """Whether two signals prefer different completions of the pair."""
    return conflicts(margins(pair))
