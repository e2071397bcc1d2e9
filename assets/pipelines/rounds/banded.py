"""Pass rates of a round's samples, by which only problems of a band are learned."""

from collections.abc import Sequence
from dataclasses import replace

from assets.building.declared import Dataset
from assets.pipelines.rft import pass_rates
from assets.profile.rounds.rounds import Rounds
from datasets_registry.rows.rft import Candidate
from datasets_registry.rows.rounds.prompts import RoundProblem
from datasets_registry.rows.scored.pass_rates import PromptPassRate
from methods.rft.rates.pass_rates import PassRateSettings


def within_band(learned: Sequence[Dataset], at: str, section: Rounds, number: int) -> list[Dataset]:
    """``learned``, of problems that the policy before solves at a rate of the band, with those rates.

    The round's own samples tell the rates, so that none is drawn for them. ``banded_problems`` are there for
    online trainers.
    """
    asked = section.asks.pass_rates
    if asked is None:
        return list(learned)
    rates, banded = pass_rates(asked, at + Candidate.dataset, at + RoundProblem.dataset, at)
    of_round = PassRateSettings(**asked.method.model_dump() | {"round": number})
    role = {PromptPassRate.dataset: (rates.name,)}
    narrowed = [
        asset if asset.method.rows is Candidate else replace(asset, inputs={**asset.inputs, **role})
        for asset in learned
    ]
    return [*narrowed, replace(rates, settings=of_round), banded]
