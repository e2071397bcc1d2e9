"""A line of rounds: what each asks, the labels that it learns from, its measures, verdict and policy."""

from collections.abc import Sequence
from dataclasses import replace

from assets.building.declared import Dataset, Roles, dataset
from assets.pipelines.prompts import DEFAULT_SETS, PromptSets
from assets.pipelines.review.review import reviewed
from assets.pipelines.rft import rft
from assets.pipelines.rlaif import rlaif
from assets.pipelines.rounds.amplified import amplified
from assets.pipelines.rounds.banded import within_band
from assets.pipelines.rounds.divergence import divergence
from assets.pipelines.rounds.measured import measured
from assets.pipelines.rounds.prompts import prompt_settings, require_prompts
from assets.pipelines.rounds.red_teamed import fed_back, red_teamed
from assets.pipelines.rounds.rewarded import rewarded
from assets.profile.profile import Profile
from assets.profile.rounds.rounds import Rounds
from assets.profile.rounds.unrolled import place_of, released_of, verdict_of
from datasets_registry.rows.imported import Problem
from datasets_registry.rows.judges import JudgeFigure
from datasets_registry.rows.rft import Candidate, RftSelection
from datasets_registry.rows.rounds.pooled import PooledSelection
from datasets_registry.rows.rounds.prompts import RoundProblem, RoundPrompt
from datasets_registry.rows.rounds.verdict import Verdict
from methods.judging.constitution import Constitution
from methods.rounds.pool import POOLED_SELECTIONS, PoolSettings, role_of
from methods.rounds.problems import ROUND_PROBLEMS, RoundProblemSettings
from methods.rounds.prompts import ROUND_PROMPTS


def rounds(profile: Profile, constitution: Constitution) -> Sequence[Dataset]:
    """Every round's datasets; those behind a round that stopped have no rows.

    Raises BadInput where the constitution or the profile's public sets are unusable.
    """
    for name, section in profile.rounds.items():
        if not section.asks_problems:
            require_prompts(name, prompt_settings(section, section.number), profile)
    return [
        asset
        for name, section in profile.rounds.items()
        for number in range(1, section.number + 1)
        for asset in _round(name, section, number, profile, constitution)
    ]


def _round(
    name: str, section: Rounds, number: int, profile: Profile, constitution: Constitution
) -> Sequence[Dataset]:
    declared = [
        *_asked(name, section, number),
        *_labelled(name, section, number, profile, constitution),
        *red_teamed(name, section, number, profile, constitution),
        *divergence(name, section, number, profile),
        *measured(name, section, number, profile, constitution),
    ]
    before = verdict_of(name, number - 1) if number > 1 else ""
    labels = (section.learns, PooledSelection.dataset)
    return [
        replace(
            asset,
            group=name,
            unless="" if asset.method.rows is Verdict else before,
            may_lack_rows=asset.method.rows.dataset in labels,
        )
        for asset in declared
    ]


def _asked(name: str, section: Rounds, number: int) -> Sequence[Dataset]:
    """``round_prompts``, or ``round_problems`` where problems are verified or amplified."""
    asks, at = section.asks, place_of(name, number)
    if section.asks_problems:
        problems = RoundProblemSettings(
            round=number,
            prompts=asks.each,
            seed=asks.seed,
            problems=asks.problems,
            families=asks.families,
            difficulties=asks.difficulties,
        )
        source: Roles = {Problem.dataset: Problem.dataset}
        return [dataset(at + RoundProblem.dataset, ROUND_PROBLEMS, problems, group=name, inputs=source)]
    rewriter = section.red_teaming and section.red_teaming.feedback.variants
    return [
        dataset(
            at + RoundPrompt.dataset,
            ROUND_PROMPTS,
            prompt_settings(section, number),
            group=name,
            inputs={**DEFAULT_SETS.roles, **fed_back(name, section, number)},
            models={"rewriter": released_of(name, section, number - 1) if rewriter else ""},
        )
    ]


def _labelled(
    name: str, section: Rounds, number: int, profile: Profile, constitution: Constitution
) -> Sequence[Dataset]:
    """The samples of the policy that the round begins from, and their labels."""
    at, sampler = place_of(name, number), released_of(name, section, number - 1)
    if section.labels:
        return [rewarded(at, section.labels, sampler, profile.answers)]
    if section.is_judged:
        assert profile.rlaif is not None and profile.judges is not None
        labelling = profile.rlaif.model_copy(update={"policy": sampler})
        sets = PromptSets.of_round(at + RoundPrompt.dataset)
        declared = rlaif(labelling, profile.answers, profile.judges, constitution, sets, at)
        # the certificate is of the judge, whichever policy it judges
        certificate = (JudgeFigure.dataset,) if profile.rlaif.policy else ()
        declared = [replace(asset, guards=certificate if asset.guards else ()) for asset in declared]
        # what no model waits for is reviewed where a person asks for it, and not in every round
        if profile.review and profile.review.required:
            return reviewed(declared, profile.review, constitution, at)
        return declared
    assert profile.problems is not None
    if section.is_amplified:
        return amplified(at, sampler, profile)
    assert profile.rft is not None
    drawn = profile.rft.candidates.model_copy(update={"policies": (sampler,), "number": None, "families": ()})
    sampling = profile.rft.model_copy(update={"candidates": drawn, "earlier": ()})
    declared = rft(sampling, profile.problems.verifier, profile.judges, at + RoundProblem.dataset, at)
    learned = [
        asset for asset in declared if asset.method.rows.dataset in (Candidate.dataset, section.learns)
    ]
    return [*within_band(learned, at, section, number), *_pooled(name, section, number)]


def _pooled(name: str, section: Rounds, number: int) -> Sequence[Dataset]:
    """The selections of all rounds so far, where they are learned together."""
    if section.pool is None:
        return []
    selections = {
        role_of(earlier): place_of(name, earlier) + RftSelection.dataset for earlier in range(1, number + 1)
    }
    settings = PoolSettings(rounds=number, **section.pool.model_dump())
    pooled = place_of(name, number) + PooledSelection.dataset
    return [dataset(pooled, POOLED_SELECTIONS, settings, group=name, inputs=selections)]
