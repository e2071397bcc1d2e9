"""One reward from the scores of several signals: the rules, and what each of them needs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from datasets_registry.rows.words import Kind, Signal
from datasets_registry.settings import Distinct, Settings
from generation.scoring.ensembles import combined

Rule = Literal["gated", "weighted", "mean", "worst", "mean_minus_variance"]
# the rule that each setting belongs to; without it the rule says nothing
_NEEDED: Mapping[str, Rule] = {
    "gate": "gated",
    "threshold": "gated",
    "weights": "weighted",
    "variance_weight": "mean_minus_variance",
}
_GATE_ONLY = ("threshold_in", "gated_kinds")


class Combination(Settings):
    """How the scores of several signals become one reward.

    Scores are in deviations from the mean of each model's scores of rows held out from its training. Mean and
    deviation stand in the model's manifest, so that they are part of its version; a batch never moves them.

    - ``gated``: the score of the signal ``gate`` where that is below ``threshold``, or where the prompt is of
      one of ``gated_kinds``; elsewhere the mean of the other signals (Touvron et al. 2023, section 3.4.2).
      ``threshold_in`` says whether the threshold is one of deviations, or of the model's own scores; their
      0.15 is the probability of a score of -1.73.
    - ``weighted``: the sum of ``weights`` times scores; each signal has one.
    - ``mean``, ``worst``, and ``mean_minus_variance``, which takes ``variance_weight`` times the variance of
      the signals' scores off their mean.
    """

    rule: Rule
    gate: Signal | None = Field(None, description="The signal that decides alone below the threshold")
    threshold: float | None = Field(None, description="Below it the gate decides")
    threshold_in: Literal["deviations", "raw"] = Field(
        "deviations", description="Whether the threshold is compared with standardised or own scores"
    )
    gated_kinds: Annotated[tuple[Kind, ...], Distinct] = Field(
        (), description="Kinds of prompts for which the gate always decides"
    )
    weights: Mapping[Signal, Annotated[float, Field(ge=0)]] = {}
    variance_weight: float = Field(0.0, ge=0)

    @model_validator(mode="after")
    def _has_what_its_rule_needs(self) -> Self:
        for name, rule in _NEEDED.items():
            value = getattr(self, name)
            given = value is not None if rule == "gated" else bool(value)
            if given and self.rule != rule:
                raise ValueError(f"{name} is of rule = {rule!r}, and the rule is {self.rule!r}: leave it out")
            if not given and self.rule == rule:
                raise ValueError(f"rule = {rule!r} needs {name}: add it")
        of_gate = [name for name in _GATE_ONLY if name in self.model_fields_set]
        if of_gate and self.rule != "gated":
            raise ValueError(
                f"{of_gate[0]} is of rule = 'gated', and the rule is {self.rule!r}: leave it out"
            )
        if self.weights and not sum(self.weights.values()):
            raise ValueError("weights are all 0, so that nothing is rewarded: give one signal a weight")
        return self

    def require_signals(self, signals: Sequence[str]) -> None:
        """Raise ValueError where these signals are not those that the rule can combine."""
        known = ", ".join(signals) or "none"
        if len(signals) < 2:
            raise ValueError(
                f"combination makes one reward of several signals, and rewards names {known}: name a reward "
                "model for each signal in rewards, or leave combination out"
            )
        if self.gate is not None and self.gate not in signals:
            raise ValueError(
                f"combination.gate {self.gate!r} is no signal of rewards ({known}): name one of them"
            )
        if unknown := sorted(self.weights.keys() - set(signals)):
            raise ValueError(
                f"combination.weights names {unknown[0]!r}, which is no signal of rewards ({known}): "
                "leave it out, or add its reward model"
            )
        if self.weights and (missing := sorted(set(signals) - self.weights.keys())):
            raise ValueError(
                f"combination.weights has no weight for {missing[0]!r}: add one, 0 where it must not count"
            )


@dataclass(frozen=True, slots=True)
class Score:
    """A reward model's score of an answer: in deviations of its held-out scores, and as it gave it."""

    standardized: float
    raw: float


def is_gated(scores: Mapping[str, Score], combination: Combination, kind: str | None = None) -> bool:
    """Whether the gate alone decides on an answer to a prompt of this kind."""
    if combination.gate is None or combination.threshold is None:
        return False
    score = scores[combination.gate]
    compared = score.raw if combination.threshold_in == "raw" else score.standardized
    return compared < combination.threshold or kind in combination.gated_kinds


def reward(scores: Mapping[str, Score], combination: Combination | None, kind: str | None = None) -> float:
    """The reward of one answer, in deviations, by the rule; that of the only signal where there is no rule.

    The order of the signals does not matter.
    """
    values = {signal: scores[signal].standardized for signal in sorted(scores)}
    if combination is None:
        (value,) = values.values()
        return value
    if combination.rule == "gated":
        if is_gated(scores, combination, kind):
            return values[str(combination.gate)]
        return combined([value for signal, value in values.items() if signal != combination.gate], "mean")
    if combination.rule == "weighted":
        return sum(combination.weights[signal] * value for signal, value in values.items())
    return combined(list(values.values()), combination.rule, combination.variance_weight)


def conflicts(margins: Sequence[float], tie: float = 0.0) -> bool:
    """Whether signals disagree on a pair: of their margins of one side over the other, two differ in sign.

    A margin that is no further from 0 than ``tie`` says nothing.
    """
    said = [margin for margin in margins if abs(margin) > tie]
    return any(one * other < 0 for one, other in combinations(said, 2))
