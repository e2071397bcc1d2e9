"""Labels from judgements: the mean over orders, principles and judges; ties where the orders disagree.

The soft label is that of RL-CAI (Bai et al. 2022, §4.1) and RLAIF (Lee et al. 2023, §2.1): the normalised
choice probability, averaged over both orders. Signals are combined by the weights of the settings.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from datasets_registry.rows.rlaif import AiJudgement, CompletionPair, PreferencePair, SignalShare
from datasets_registry.rows.words import RULE_JUDGE, TIE_LOGIT, Kind, Signal
from datasets_registry.settings import Settings
from methods.judging.comparison import Order
from methods.judging.preference import Preference, combine, logit, mean
from methods.method import Inputs, Method, Models

_Label = Literal["a", "b", "tie", "unparsed", "unjudged"]
_OTHER: Mapping[_Label, _Label] = {"a": "b", "b": "a"}


class LabelSettings(Settings):
    """How verdicts become a label. ``weights`` combine the signals of each kind of prompt.

    ``clamp`` bounds each order's probability: after reasoning a judge is overconfident, and RL-CAI
    keeps it within 0.4 and 0.6. Logits closer to zero than ``tie_logit`` are ties.
    """

    weights: Mapping[Kind, Mapping[Signal, float]] = Field(
        default={"red_team": {"harmlessness": 1.0}, "helpful": {"helpfulness": 1.0}}
    )
    principle_weights: Mapping[str, Annotated[float, Field(gt=0)]] = Field(
        default={}, description="What a principle counts for within its signal, by id; 1 where none is named"
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
    """One judge's preference on a pair under one principle, or why it has none."""

    model_config = ConfigDict(frozen=True)

    judge: str
    principle_id: str
    signal: Signal
    preference: Preference | None
    failure: str | None


def make_labels(inputs: Inputs, models: Models, settings: LabelSettings) -> list[PreferencePair]:
    """One label per completion pair."""
    return label_pairs(inputs.rows(CompletionPair), inputs.rows(AiJudgement), settings)


def ballots_by_pair(judgements: Iterable[AiJudgement], settings: LabelSettings) -> dict[str, list[Ballot]]:
    """The ballots of each pair; verdicts meet their pair, judge and principle by id."""
    groups: dict[tuple[str, str, str], dict[Order, AiJudgement]] = {}
    for judgement in judgements:
        group = judgement.pair_id, judgement.judge, judgement.principle_id
        groups.setdefault(group, {})[judgement.order] = judgement
    by_pair: dict[str, list[Ballot]] = {}
    for (pair_id, *_), verdicts in sorted(groups.items(), key=lambda group: group[0]):
        by_pair.setdefault(pair_id, []).append(_ballot(verdicts, settings))
    return {pair_id: _decided(ballots) for pair_id, ballots in by_pair.items()}


def _decided(ballots: Sequence[Ballot]) -> list[Ballot]:
    """The ballots that count: where a principle's rule decides, a judge asked about it is only measured."""
    ruled = {ballot.principle_id for ballot in ballots if ballot.judge == RULE_JUDGE}
    return [ballot for ballot in ballots if ballot.judge == RULE_JUDGE or ballot.principle_id not in ruled]


def _ballot(verdicts: Mapping[Order, AiJudgement], settings: LabelSettings) -> Ballot:
    judgement = next(iter(verdicts.values()))
    preference = combine(verdicts, settings.clamp)
    failures = (verdicts[order].failure for order in sorted(verdicts))
    failure = next(filter(None, failures), "a judge call is missing")
    return Ballot(
        judge=judgement.judge,
        principle_id=judgement.principle_id,
        signal=judgement.signal,
        preference=preference,
        failure=failure if preference is None else None,
    )


def weighted(
    ballots: Sequence[Ballot], weights: Mapping[Signal, float], principles: Mapping[str, float]
) -> Preference | None:
    """The signals' means by their weights; None where a signal that counts has no whole ballot."""
    p_ab = p_ba = total = 0.0
    # always in this order, so that the sum does not depend on how a profile orders them
    for signal in sorted(weights):
        weight, preference = weights[signal], _mean(ballots, signal, principles)
        if weight and preference is None:
            return None
        if preference:
            p_ab, p_ba = p_ab + weight * preference.p_ab, p_ba + weight * preference.p_ba
            total += weight
    return Preference(p_ab=p_ab / total, p_ba=p_ba / total) if total else None


def _mean(ballots: Sequence[Ballot], signal: Signal, principles: Mapping[str, float]) -> Preference | None:
    return mean(
        (ballot.preference, principles.get(ballot.principle_id, 1.0))
        for ballot in ballots
        if ballot.signal == signal and ballot.preference
    )


def label_pairs(
    pairs: Sequence[CompletionPair], judgements: Iterable[AiJudgement], settings: LabelSettings
) -> list[PreferencePair]:
    """One row per pair, whatever the order of the judgements."""
    by_pair = ballots_by_pair(judgements, settings)
    return [_label(pair, by_pair.get(pair.pair_id, []), settings) for pair in pairs]


def _label(pair: CompletionPair, ballots: Sequence[Ballot], settings: LabelSettings) -> PreferencePair:
    weights = settings.weights.get(pair.kind, {})
    preference = weighted(ballots, weights, settings.principle_weights) if ballots and weights else None
    missing: _Label = "unparsed" if ballots else "unjudged"
    label = preference.label(settings.tie_logit) if preference else missing
    texts: dict[_Label, str] = {"a": pair.completion_a, "b": pair.completion_b}
    principles = sorted({ballot.principle_id for ballot in ballots if ballot.preference})
    signals = sorted({ballot.signal for ballot in ballots})
    by_signal = {signal: _mean(ballots, signal, settings.principle_weights) for signal in signals}
    shares = {signal: share.p_a for signal, share in by_signal.items() if share}
    spread, disagree = _by_judge(ballots, weights, settings.principle_weights)
    return PreferencePair(
        pair_id=pair.pair_id,
        prompt_id=pair.prompt_id,
        prompt=pair.prompt,
        history=pair.history,
        kind=pair.kind,
        category=pair.category,
        split_group=pair.split_group,
        principle_id=principles[0] if len(principles) == 1 else None,
        principles=principles,
        p_a=preference.p_a if preference else None,
        p_harmlessness=shares.get("harmlessness"),
        p_helpfulness=shares.get("helpfulness"),
        p_honesty=shares.get("honesty"),
        p_signals=[SignalShare(signal=signal, p_a=p_a) for signal, p_a in shares.items()],
        logit_ab=logit(preference.p_ab) if preference else None,
        logit_ba=logit(preference.p_ba) if preference else None,
        num_unparsed=sum(ballot.preference is None for ballot in ballots),
        judge_spread=spread,
        judges_disagree=disagree,
        label=label,
        failure=_failure(pair, ballots, preference, label),
        chosen=texts.get(label),
        rejected=texts[_OTHER[label]] if label in _OTHER else None,
    )


def _by_judge(
    ballots: Sequence[Ballot], weights: Mapping[Signal, float], principles: Mapping[str, float]
) -> tuple[float | None, bool | None]:
    """How far several judges' soft labels lie apart, and whether they name different completions."""
    judges = sorted({ballot.judge for ballot in ballots} - {RULE_JUDGE})
    by_judge = ([ballot for ballot in ballots if ballot.judge == judge] for judge in judges)
    preferences = (weighted(group, weights, principles) for group in by_judge)
    shares = [preference.p_a for preference in preferences if preference]
    if len(shares) < 2:
        return None, None
    return max(shares) - min(shares), min(shares) < 0.5 < max(shares)


def _failure(
    pair: CompletionPair, ballots: Sequence[Ballot], preference: Preference | None, label: _Label
) -> str | None:
    if not ballots:
        return pair.failure or "a judge call is missing"
    if preference is None:
        failures = (ballot.failure for ballot in ballots if ballot.preference is None)
        return next(failures, "no signal counts for its kind")
    if label != "tie":
        return None
    opposed = (preference.p_ab - 0.5) * (preference.p_ba - 0.5) < 0
    return "the orders disagree" if opposed else "too close to call"


PREFERENCE_PAIRS = Method(run=make_labels, settings=LabelSettings, rows=PreferencePair)
