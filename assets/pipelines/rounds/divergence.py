"""How far a round's policy is from round 0: a dataset of its own samples with both models' likelihoods."""

from collections.abc import Sequence

from assets.building.declared import Dataset, Roles, dataset
from assets.pipelines.prompts import DEFAULT_SETS
from assets.profile.profile import Profile
from assets.profile.rounds.rounds import Rounds
from assets.profile.rounds.unrolled import place_of, policy_of
from datasets_registry.errors import BadInput
from datasets_registry.rows.imported import Problem
from datasets_registry.rows.rounds.divergence import Divergence
from methods.rounds.divergence import (
    DIVERGENCE,
    POLICY,
    PROBLEMS,
    PROMPTS,
    REFERENCE,
    DivergenceSettings,
)


def divergence(name: str, section: Rounds, number: int, profile: Profile) -> Sequence[Dataset]:
    """``divergence`` of one round, on prompts that all rounds share; nothing where it is not asked for.

    Raises BadInput where the policy thinks, so that its answers have no likelihood of their own.
    """
    asks = section.divergence
    if asks is None:
        return []
    policy = policy_of(name, number)
    if profile.given(policy).thinks:
        raise BadInput(
            f"rounds.{name}.divergence: {section.policy} thinks before it answers, so that the likelihood of "
            "an answer without its thought says nothing of it: leave divergence out, or set thinking = false "
            "in its section"
        )
    answers, drawn = profile.answers, profile.rft.candidates if profile.rft else None
    sampled = drawn if section.is_verified and drawn else answers
    inputs: Roles = {PROBLEMS: Problem.dataset} if section.asks_problems else {PROMPTS: _prompt_sets()}
    settings = DivergenceSettings(
        system_prompt=sampled.system_prompt,
        num_prompts=asks.prompts,
        num_samples=asks.samples,
        max_tokens=_most_tokens(section, profile),
        seed=asks.seed,
    )
    return [
        dataset(
            place_of(name, number) + Divergence.dataset,
            DIVERGENCE,
            settings,
            group=name,
            inputs=inputs,
            models={POLICY: policy, REFERENCE: section.policy},
        )
    ]


def _most_tokens(section: Rounds, profile: Profile) -> int:
    """How long an answer may be that the round learns from."""
    if section.is_amplified and profile.oversight and profile.oversight.amplification:
        return profile.oversight.amplification.answers.max_tokens
    if section.is_verified and profile.rft:
        return profile.rft.candidates.answers.max_tokens
    return profile.answers.max_tokens


def _prompt_sets() -> tuple[str, ...]:
    return tuple(filter(None, DEFAULT_SETS.roles.values()))
