"""Labels from judgements: the mean over orders, principles and judges; ties where the orders disagree.

The soft label is that of RL-CAI (Bai et al. 2022, §4.1) and RLAIF (Lee et al. 2023, §2.1): the normalised
choice probability, averaged over both orders. Signals are combined by the weights of the settings.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import get_args

from pydantic import BaseModel, ConfigDict, Field, model_validator

from datasets_registry.rows.rlaif import AiJudgement, CompletionPair, PreferencePair
from datasets_registry.rows.words import TIE_LOGIT, Kind, Signal
from datasets_registry.settings import Settings
from methods.judging.comparison import Order
from methods.judging.preference import Preference, combine, logit, mean

_KEPT = {"pair_id", "prompt_id", "prompt", "history", "kind", "category", "split_group"}
_SIGNALS: tuple[Signal, ...] = get_args(Signal)


class LabelSettings(Settings):
    """How verdicts become a label. ``weights`` combine the signals of each kind of prompt.

    ``clamp`` bounds each order's probability: after reasoning a judge is all too sure, and RL-CAI
    keeps it within 0.4 and 0.6. Logits closer to zero than ``tie_logit`` are ties.
    """

    weights: Mapping[Kind, Mapping[Signal, float]] = Field(
        default={"red_team": {"harmlessness": 1.0}, "helpful": {"helpfulness": 1.0}}
    )
    clamp: tuple[float, float] | None = None
    tie_logit: float = Field(TIE_LOGIT, ge=0)

    @model_validator(mode="after")
    def _sensible(self) -> "LabelSettings":
        for kind, weights in self.weights.items():
            if sum(weights.values()) <= 0 or min(weights.values()) < 0:
                raise ValueError(f"weights of {kind} must not be negative, nor all zero: {dict(weights)}")
        if self.clamp and not 0 < self.clamp[0] < 0.5 < self.clamp[1] < 1:
            raise ValueError(f"clamp {self.clamp} must lie around 0.5, such as [0.4, 0.6]")
        return self


class Ballot(BaseModel):
    """One judge's preference on a pair under one principle; none where a verdict is missing."""

    model_config = ConfigDict(frozen=True)

    judge: str
    principle_id: str
    signal: Signal
    preference: Preference | None
    failure: str | None


def ballots(judgements: Iterable[AiJudgement], settings: LabelSettings) -> dict[str, list[Ballot]]:
    """The ballots by pair; verdicts meet their pair, judge and principle by id."""
    groups: dict[tuple[str, str, str], dict[Order, AiJudgement]] = {}
    for one in judgements:
        groups.setdefault((one.pair_id, one.judge, one.principle_id), {})[one.order] = one
    cast: dict[str, list[Ballot]] = {}
    for (pair_id, judge, principle_id), verdicts in sorted(groups.items(), key=lambda group: group[0]):
        one = next(iter(verdicts.values()))
        failure = next(
            (verdicts[order].failure for order in sorted(verdicts) if verdicts[order].failure), None
        )
        ballot = Ballot(
            judge=judge,
            principle_id=principle_id,
            signal=one.signal,
            preference=combine(verdicts, settings.clamp),
            failure=failure or "a judge call is missing",
        )
        cast.setdefault(pair_id, []).append(ballot)
    return cast


def weighted(cast: Sequence[Ballot], weights: Mapping[Signal, float]) -> Preference | None:
    """The signals' means by their weights; None where a signal that counts has no whole ballot."""
    p_ab = p_ba = total = 0.0
    for signal, weight in weights.items():
        found = mean(one.preference for one in cast if one.signal == signal and one.preference)
        if weight and found is None:
            return None
        if found:
            p_ab, p_ba, total = p_ab + weight * found.p_ab, p_ba + weight * found.p_ba, total + weight
    return Preference(p_ab=p_ab / total, p_ba=p_ba / total) if total else None


def label_pairs(
    pairs: Sequence[CompletionPair], judgements: Iterable[AiJudgement], settings: LabelSettings
) -> list[PreferencePair]:
    """One row per pair, whatever the order of the judgements."""
    cast = ballots(judgements, settings)
    return [_label(one, cast.get(one.pair_id, []), settings) for one in pairs]


def _label(pair: CompletionPair, cast: Sequence[Ballot], settings: LabelSettings) -> PreferencePair:
    weights = settings.weights.get(pair.kind, {})
    found = weighted(cast, weights) if cast and weights else None
    label = found.label(settings.tie_logit) if found else "unparsed" if cast else "unjudged"
    texts = {"a": pair.completion_a, "b": pair.completion_b}
    principles = sorted({one.principle_id for one in cast if one.preference})
    told = {
        "principle_id": principles[0] if len(principles) == 1 else None,
        "principles": principles,
        "p_a": found.p_a if found else None,
        "logit_ab": logit(found.p_ab) if found else None,
        "logit_ba": logit(found.p_ba) if found else None,
        "num_unparsed": sum(one.preference is None for one in cast),
        "label": label,
        "failure": _failure(pair, cast, found, label),
        "chosen": texts.get(label),
        "rejected": texts.get({"a": "b", "b": "a"}.get(label, "")),
    }
    same = pair.model_dump(include=_KEPT)
    return PreferencePair.model_validate(same | told | _by_signal(cast) | _by_judge(cast, weights))


def _by_signal(cast: Sequence[Ballot]) -> dict[str, float | None]:
    found = {
        signal: mean(one.preference for one in cast if one.signal == signal and one.preference)
        for signal in _SIGNALS
    }
    return {f"p_{signal}": one.p_a if one else None for signal, one in found.items()}


def _by_judge(cast: Sequence[Ballot], weights: Mapping[Signal, float]) -> dict[str, object]:
    judges = sorted({one.judge for one in cast})
    found = [weighted([one for one in cast if one.judge == judge], weights) for judge in judges]
    shares = [one.p_a for one in found if one]
    if len(shares) < 2:
        return {"judge_spread": None, "judges_disagree": None}
    return {"judge_spread": max(shares) - min(shares), "judges_disagree": min(shares) < 0.5 < max(shares)}


def _failure(
    pair: CompletionPair, cast: Sequence[Ballot], found: Preference | None, label: str
) -> str | None:
    if not cast:
        return pair.failure or "a judge call is missing"
    if found is None:
        return next((one.failure for one in cast if one.preference is None), "no signal counts for its kind")
    if label != "tie":
        return None
    opposed = (found.p_ab - 0.5) * (found.p_ba - 0.5) < 0
    return "the orders disagree" if opposed else "too close to call"
