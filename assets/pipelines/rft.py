"""Rejection sampling: candidates of a policy → selections and pairs of right and wrong answers."""

from collections.abc import Sequence

from assets.building.declared import Dataset, Roles, dataset
from assets.profile.judges import Judges
from assets.profile.rft import PassRates, Rft
from datasets_registry.rows.imported import Problem
from datasets_registry.rows.rft import (
    Candidate,
    GoldSolution,
    GoldVerdict,
    RftControl,
    RftSelection,
    VerifiedPair,
)
from datasets_registry.rows.scored.pass_rates import BandedProblem, PromptPassRate
from methods.judging.score import ScoreSettings
from methods.rft.candidates import CANDIDATES, candidate_settings
from methods.rft.controls import RFT_CONTROLS
from methods.rft.rates.banded import BANDED_PROBLEMS, BandedSettings
from methods.rft.rates.pass_rates import PROMPT_PASS_RATES
from methods.rft.rewarding.signals import role_of
from methods.rft.selections import RFT_SELECTIONS
from methods.rft.verified_pairs import VERIFIED_PAIRS
from methods.verifiers.contract import VerifierSettings

GROUP = "rft"


def rft(
    section: Rft,
    verifier: VerifierSettings,
    judges: Judges | None = None,
    problems: str = Problem.dataset,
    at: str = "",
) -> Sequence[Dataset]:
    """``candidates`` for ``problems``, ``rft_selections`` and ``verified_pairs``."""
    drawn = section.candidates
    judge = judges.scores.judge if judges and drawn.reward == "judge" else ""
    scores = judges.scores.method if judges else ScoreSettings()
    candidates = at + Candidate.dataset
    gold = (section.gold,) if section.gold and section.selections.with_gold else ()
    learned: Roles = {Candidate.dataset: (candidates, *section.earlier), GoldSolution.dataset: gold}
    rates = pass_rates(section.pass_rates, candidates, problems, at) if section.pass_rates else []
    return [
        dataset(
            candidates,
            CANDIDATES,
            candidate_settings(drawn, verifier, scores, tuple(drawn.rewards)),
            group=GROUP,
            inputs={Problem.dataset: problems, GoldVerdict.dataset: GoldVerdict.dataset},
            models={
                "policies": drawn.policies,
                "judge": judge,
                "reward_model": drawn.reward_model or "",
                **{role_of(signal): model for signal, model in drawn.rewards.items()},
            },
        ),
        dataset(at + RftSelection.dataset, RFT_SELECTIONS, section.selections, group=GROUP, inputs=learned),
        *_controls(section, learned, at),
        dataset(
            at + VerifiedPair.dataset,
            VERIFIED_PAIRS,
            section.pairs,
            group=GROUP,
            inputs={Candidate.dataset: candidates},
        ),
        *rates,
    ]


def _controls(section: Rft, learned: Roles, at: str) -> list[Dataset]:
    """``rft_controls``, where they are asked for."""
    if not section.control:
        return []
    return [dataset(at + RftControl.dataset, RFT_CONTROLS, section.selections, group=GROUP, inputs=learned)]


def pass_rates(section: PassRates, candidates: str, problems: str, at: str) -> list[Dataset]:
    """``prompt_pass_rates`` of the candidates, and ``banded_problems`` that they keep."""
    rates = at + PromptPassRate.dataset
    return [
        dataset(
            rates,
            PROMPT_PASS_RATES,
            section.method,
            group=GROUP,
            inputs={Candidate.dataset: candidates},
        ),
        dataset(
            at + BandedProblem.dataset,
            BANDED_PROBLEMS,
            BandedSettings(policy=section.policy),
            group=GROUP,
            inputs={Problem.dataset: problems, PromptPassRate.dataset: rates},
            guards=(GoldVerdict.dataset,),
        ),
    ]
