"""Preferences of one judge on a pair under one principle, and their means."""

import math
from collections.abc import Iterable, Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict

from datasets_registry.rows.rlaif import AiJudgement
from datasets_registry.rows.words import TIE_LOGIT
from methods.judging.comparison import Order
from methods.judging.verdict import Verdict

Label = Literal["a", "b", "tie", "unparsed"]
_FLOOR = 1e-6


class Preference(BaseModel):
    """P(a is better), once with a shown first and once with a shown second."""

    model_config = ConfigDict(frozen=True)

    p_ab: float
    p_ba: float

    @property
    def p_a(self) -> float:
        """The soft label."""
        return (self.p_ab + self.p_ba) / 2

    def label(self, tie_logit: float = TIE_LOGIT) -> Label:
        """The label that both orders agree on."""
        ab, ba = logit(self.p_ab), logit(self.p_ba)
        if min(ab, ba) > tie_logit:
            return "a"
        return "b" if max(ab, ba) < -tie_logit else "tie"


def combine(
    verdicts: Mapping[Order, Verdict | AiJudgement], clamp: tuple[float, float] | None = None
) -> Preference | None:
    """The preference of one judge under one principle; None where a verdict is missing.

    Identical responses, where they were judged, give the position bias, which is subtracted first.
    """
    logits = {order: logit(verdict.p_first) for order, verdict in verdicts.items() if _is_parsed(verdict)}
    if len(logits) < len(verdicts) or not {"ab", "ba"} <= logits.keys():
        return None
    bias = position_bias(logits)
    low, high = clamp or (0.0, 1.0)
    p_ab, p_ba = (min(max(sigmoid(x), low), high) for x in (logits["ab"] - bias, bias - logits["ba"]))
    return Preference(p_ab=p_ab, p_ba=p_ba)


def _is_parsed(verdict: Verdict | AiJudgement) -> bool:
    return verdict.verdict is not None and verdict.p_first is not None


def position_bias(logits: Mapping[Order, float]) -> float:
    """The mean logit of identical responses, which is nothing but position; 0 where none were judged."""
    identical = [logits[order] for order in ("aa", "bb") if order in logits]
    return sum(identical) / len(identical) if identical else 0.0


def logit(p: float | None) -> float:
    """The log odds of ``p``, which is kept away from 0 and 1."""
    assert p is not None
    p = min(max(p, _FLOOR), 1 - _FLOOR)
    return math.log(p / (1 - p))


def sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x))


def mean(preferences: Iterable[tuple[Preference, float]]) -> Preference | None:
    """The mean of each order's probabilities by the weights beside them; None where there are none."""
    several = list(preferences)
    total = sum(weight for _, weight in several)
    if not several:
        return None
    return Preference(
        p_ab=sum(weight * preference.p_ab for preference, weight in several) / total,
        p_ba=sum(weight * preference.p_ba for preference, weight in several) / total,
    )
