"""Rejection sampling: candidates → selections and pairs → the RFT policy and the outcome reward model."""

from collections.abc import Iterator
from contextlib import contextmanager

import pyarrow as pa

from assets.building.dataset import dataset_asset
from assets.building.inputs import Materials, OpenBackend
from assets.building.model import given_policy, trained_model
from assets.building.recipe import Built, Recipe
from assets.building.roles import Roles
from assets.pipelines.problems import VERIFYING, VERIFYING_TEXTS
from assets.profile.profile import Profile
from assets.profile.reasoning import Drawn, Reasoning
from assets.ui.rft import candidates_shown, selections_shown
from datasets_registry.rows.imported import Problem
from datasets_registry.rows.rft import Candidate, GoldSolution, RftSelection, VerifiedPair
from generation.scoring.outcomes import OutcomeScorer
from methods.judging.score import score_templates
from methods.problems.choosing import choose_problems
from methods.rft import (
    candidates,
    selections,
    verified_pairs,
)
from methods.rft import (
    rewards as judged_rewards,
)
from methods.rft import (
    rewards as scored_rewards,
)
from methods.rft.rewards import Reward, by_judge, by_reward_model, by_verifier
from methods.rft.sampling import sample_tables
from methods.templates import template_path
from methods.verifiers.verifier import verifier
from training import reward_model, sft

SCORER = "candidate_scorer"
GIVEN_SCORER = "The reward model that scores candidates: weights and tokenizer as given."
RFT_POLICY = "A policy trained on rft_selections: one model directory."
REWARD_MODEL = "An outcome reward model trained on verified_pairs: one model directory."


def rft_assets(profile: Profile, backend: OpenBackend) -> list[Built]:
    """``candidates``, ``rft_selections``, ``verified_pairs``, and the models trained on them."""
    section = profile.reasoning
    if section is None or section.candidates is None:
        return []
    scorer = section.candidates.reward_model
    given = [given_policy(SCORER, scorer, GIVEN_SCORER, profile)] if scorer else []
    drawn = [_candidates(profile, section, section.candidates, backend), _selections(profile, section)]
    models = _models(profile, section, section.candidates.system_prompt)
    return [*given, *drawn, _pairs(profile, section), *models]


def _candidates(profile: Profile, section: Reasoning, drawn: Drawn, backend: OpenBackend) -> Built:
    judged = (profile.scores.judge,) if drawn.reward == "judge" else ()
    scored = (SCORER,) if drawn.reward_model else ()
    hinted = ("hint",) if drawn.num_rationalisations else ()
    system = (drawn.system_prompt,) if drawn.system_prompt else ()
    names = (*hinted, *system, *(score_templates() if judged else ()))
    recipe = Recipe(
        "candidates",
        tuple(dict.fromkeys(("problems", "gold_verdicts", *drawn.policies, *judged, *scored))),
        settings=drawn.model_dump(mode="json")
        | {"verifier": section.verifier.model_dump(mode="json")}
        | ({"scores": profile.scores.model_dump(mode="json")} if judged else {}),
        texts=(*VERIFYING_TEXTS, *map(template_path, names)),
        code=(
            candidates,
            *VERIFYING,
            *((judged_rewards,) if judged else ()),
            *((scored_rewards,) if scored else ()),
        ),
    )

    def build(materials: Materials) -> Iterator[pa.Table]:
        problems, verify = _drawn_for(materials.rows(Problem), drawn), verifier(section.verifier)
        with _reward(materials, drawn) as reward:
            for policy in drawn.policies:
                with materials.completer(policy) as complete:
                    yield from sample_tables(
                        problems,
                        complete,
                        complete.backend.fingerprint,
                        policy,
                        verify,
                        drawn,
                        reward,
                    )

    return recipe, dataset_asset(
        recipe,
        Candidate,
        build,
        profile,
        group="rft",
        generates=True,
        queried=candidates_shown,
        backend=backend,
    )


def _drawn_for(problems: list[Problem], drawn: Drawn) -> list[Problem]:
    """The problems that are drawn for, in the order of candidates' keys."""
    chosen = choose_problems(
        problems,
        drawn.families,
        drawn.number,
        "drawn",
        drawn.seed,
        what="problems to draw for",
        remedy="lower reasoning.candidates.number",
    )
    return sorted(chosen, key=lambda one: one.problem_id)


@contextmanager
def _reward(materials: Materials, drawn: Drawn) -> Iterator[Reward]:
    """What scores draws, opened for as long as they are drawn."""
    if drawn.reward == "verifier":
        yield by_verifier
    elif drawn.reward == "judge":
        scores = materials.profile.scores
        yield by_judge(lambda: materials.completer(scores.judge), scores.scoring)
    else:
        scorer = OutcomeScorer(materials.registry.folder(materials.version(SCORER)))
        try:
            yield by_reward_model(scorer)
        finally:
            scorer.close()


def _selections(profile: Profile, section: Reasoning) -> Built:
    settings = section.selections
    gold = (section.gold,) if section.gold and settings.with_gold else ()
    recipe = Recipe(
        "rft_selections",
        ("candidates", *section.earlier, *gold),
        settings=settings.model_dump(mode="json"),
        code=(selections,),
    )

    def build(materials: Materials) -> Iterator[RftSelection]:
        learned = materials.rows(GoldSolution, gold[0]) if gold else []
        return selections.select(materials.stream(Candidate), learned, settings)

    return recipe, dataset_asset(recipe, RftSelection, build, profile, group="rft", queried=selections_shown)


def _pairs(profile: Profile, section: Reasoning) -> Built:
    recipe = Recipe(
        "verified_pairs",
        ("candidates",),
        settings=section.pairs.model_dump(mode="json"),
        code=(verified_pairs,),
    )

    def build(materials: Materials) -> Iterator[VerifiedPair]:
        return verified_pairs.verified_pairs(materials.stream(Candidate), section.pairs)

    return recipe, dataset_asset(recipe, VerifiedPair, build, profile, group="rft")


def _models(profile: Profile, section: Reasoning, asked: str | None) -> list[Built]:
    """The models that the section asks for; ``asked`` is the system prompt of the draws."""
    found = []
    if tuned := section.rft_policy:
        found.append(
            trained_model(
                "rft_policy",
                sft,
                Roles(tuned.base, "rft_selections"),
                tuned.training,
                profile,
                grain=RFT_POLICY,
                system_prompt=asked,
            )
        )
    if scorer := section.reward_model:
        found.append(
            trained_model(
                "reward_model",
                reward_model,
                Roles(scorer.base, "verified_pairs"),
                scorer.training,
                profile,
                grain=REWARD_MODEL,
            )
        )
    return found
