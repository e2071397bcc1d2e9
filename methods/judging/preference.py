"""A preference: what one judge says of a pair under one principle, and means of such."""

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
    """P(a is better) where a was shown first, and where it was shown second."""

    model_config = ConfigDict(frozen=True)

    p_ab: float
    p_ba: float

    @property
    def p_a(self) -> float:
        """The soft label."""
        return (self.p_ab + self.p_ba) / 2

    def label(self, tie_logit: float = TIE_LOGIT) -> Label:
        """What both orders agree on."""
        ab, ba = logit(self.p_ab), logit(self.p_ba)
        if min(ab, ba) > tie_logit:
            return "a"
        return "b" if max(ab, ba) < -tie_logit else "tie"


def combine(
    verdicts: Mapping[Order, Verdict | AiJudgement], clamp: tuple[float, float] | None = None
) -> Preference | None:
    """What one judge says under one principle; None where a verdict is missing.

    Identical responses, where they were judged, give the position's share, which is taken off first.
    """
    known = {order: logit(one.p_first) for order, one in verdicts.items() if _said(one)}
    if len(known) < len(verdicts) or not {"ab", "ba"} <= known.keys():
        return None
    same = [known[order] for order in ("aa", "bb") if order in known]
    position = sum(same) / len(same) if same else 0.0
    low, high = clamp or (0.0, 1.0)
    ab, ba = (min(max(_sigmoid(one), low), high) for one in (known["ab"] - position, position - known["ba"]))
    return Preference(p_ab=ab, p_ba=ba)


def _said(verdict: Verdict | AiJudgement) -> bool:
    return verdict.verdict is not None and verdict.p_first is not None


def logit(p: float | None) -> float:
    """Log odds of ``p``, kept from infinity."""
    assert p is not None
    p = min(max(p, _FLOOR), 1 - _FLOOR)
    return math.log(p / (1 - p))


def _sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x))


def mean(preferences: Iterable[Preference]) -> Preference | None:
    """The mean of both orders' probabilities; None of nothing."""
    found = list(preferences)
    if not found:
        return None
    return Preference(
        p_ab=sum(one.p_ab for one in found) / len(found), p_ba=sum(one.p_ba for one in found) / len(found)
    )
