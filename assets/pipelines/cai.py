"""Constitutional AI: prompts → revisions and helpful answers → the SFT set → the SFT policy."""

from collections.abc import Sequence

import dagster as dg

from assets.building.dataset import dataset_asset
from assets.building.inputs import Materials, OpenBackend, open_local
from assets.building.model import trained_model
from assets.building.recipe import Recipe
from assets.building.roles import Roles
from assets.profile.profile import Profile
from assets.ui.plots import step_plot
from datasets_registry.hashing import digest
from datasets_registry.rows.cai import HelpfulAnswer, RevisionStep, SftExample
from datasets_registry.rows.imported import Demonstration
from datasets_registry.rows.prompts import HelpfulPrompt, Prompt, RedTeamPrompt
from datasets_registry.rows.words import Kind
from methods import templates
from methods.cai import (
    few_shot,
    helpful_answers,
    sft_mix,
)
from methods.cai import (
    requests as revision_requests,
)
from methods.cai import (
    revisions as critique_revision,
)
from methods.cai import (
    scores as revision_scores,
)
from methods.cai.few_shot import EXAMPLES
from methods.cai.helpful_answers import answer_helpful
from methods.cai.revisions import revise
from methods.cai.scores import score_revisions
from methods.cai.sft_mix import sft_examples
from methods.judging import conversation, quotation, score
from methods.judging.constitution import Constitution
from methods.judging.score import score_templates
from methods.templates import template_path
from training import sft

_ANSWERING = (revision_requests, conversation, templates)
_REVISING = (*_ANSWERING, critique_revision, few_shot, quotation, score, revision_scores)


def cai_assets(
    profile: Profile, constitution: Constitution, backend: OpenBackend = open_local
) -> list[tuple[Recipe, dg.AssetsDefinition]]:
    """``cai_revisions``, ``helpful_answers``, ``cai_sft`` and ``sft_policy``."""
    return [
        _revisions(profile, constitution, backend),
        _answers(profile, backend),
        _sft_set(profile),
        _sft_policy(profile),
    ]


def system_texts(profile: Profile) -> tuple[str, ...]:
    """The names of the system prompts that the profile uses."""
    name = profile.answers.system_prompt
    return () if name is None else (name,)


def _revised(materials: Materials, num_controls: int) -> list[tuple[Kind, Prompt]]:
    """All red-team training prompts, and some helpful ones as controls."""
    red_team: list[tuple[Kind, Prompt]] = [
        ("red_team", one) for one in materials.rows(RedTeamPrompt) if one.split == "train"
    ]
    helpful = [one for one in materials.rows(HelpfulPrompt) if one.split == "train"]
    controls = sorted(helpful, key=lambda one: digest(["control", one.prompt_id]))[:num_controls]
    return red_team + [("helpful", one) for one in controls]


def _revisions(
    profile: Profile, constitution: Constitution, backend: OpenBackend
) -> tuple[Recipe, dg.AssetsDefinition]:
    settings, scores = profile.revision_settings(constitution), profile.scores
    named = ("critique", "revision", *score_templates(), *system_texts(profile))
    recipe = Recipe(
        "cai_revisions",
        tuple(dict.fromkeys(("red_team_prompts", "helpful_prompts", "base_policy", scores.judge))),
        settings=settings.model_dump(mode="json"),
        texts=(EXAMPLES, *map(template_path, named)),
        code=_REVISING,
    )

    def build(materials: Materials) -> list[RevisionStep]:
        prompts = _revised(materials, settings.num_controls)
        with materials.completer("base_policy") as complete:
            steps = revise(prompts, complete, complete.backend.fingerprint, settings)
        with materials.completer(scores.judge) as complete:
            return score_revisions(steps, complete, complete.backend.fingerprint, settings.scores)

    def shown(steps: Sequence[RevisionStep]) -> dict[str, object]:
        changed = [one.changed for one in steps if one.kind == "red_team" and one.changed is not None]
        return {
            "changed_share": sum(changed) / max(len(changed), 1),
            "failures": sum(one.failure is not None for one in steps),
            "scores_by_step": step_plot(steps),
        }

    return recipe, dataset_asset(
        recipe,
        RevisionStep,
        build,
        profile,
        group="cai",
        generates=True,
        shown=shown,
        backend=backend,
    )


def _answers(profile: Profile, backend: OpenBackend) -> tuple[Recipe, dg.AssetsDefinition]:
    settings = profile.answer_settings
    recipe = Recipe(
        "helpful_answers",
        ("helpful_prompts", "base_policy"),
        settings=settings.model_dump(mode="json"),
        texts=tuple(map(template_path, system_texts(profile))),
        code=(helpful_answers, *_ANSWERING),
    )

    def build(materials: Materials) -> list[HelpfulAnswer]:
        prompts = [one for one in materials.rows(HelpfulPrompt) if one.split == "train"]
        with materials.completer("base_policy") as complete:
            return answer_helpful(prompts, complete, complete.backend.fingerprint, settings)

    def shown(answers: Sequence[HelpfulAnswer]) -> dict[str, int]:
        return {"failures": sum(one.failure is not None for one in answers)}

    return recipe, dataset_asset(
        recipe,
        HelpfulAnswer,
        build,
        profile,
        group="cai",
        generates=True,
        shown=shown,
        backend=backend,
    )


def _sft_set(profile: Profile) -> tuple[Recipe, dg.AssetsDefinition]:
    settings = profile.sft_mix
    capability = () if settings.capability is None else (settings.capability,)
    recipe = Recipe(
        "cai_sft",
        ("cai_revisions", "helpful_answers", "base_policy", *capability),
        settings=settings.model_dump(mode="json"),
        code=(sft_mix,),
    )

    def build(materials: Materials) -> list[SftExample]:
        shown_too = [one for name in capability for one in materials.rows(Demonstration, name)]
        return sft_examples(
            materials.rows(RevisionStep),
            materials.rows(HelpfulAnswer),
            settings,
            materials.count_tokens,
            shown_too,
        )

    def shown(examples: Sequence[SftExample]) -> dict[str, float | int]:
        total = max(sum(one.num_tokens for one in examples), 1)
        told: dict[str, float | int] = {}
        for kind in ("revision", "helpful", "capability"):
            ones = [one for one in examples if one.kind == kind]
            told |= {kind: len(ones), f"{kind}_token_share": sum(one.num_tokens for one in ones) / total}
        return told

    return recipe, dataset_asset(recipe, SftExample, build, profile, group="cai", shown=shown)


def _sft_policy(profile: Profile) -> tuple[Recipe, dg.AssetsDefinition]:
    grain = "The base policy after supervised fine-tuning on cai_sft: one model directory."
    return trained_model(
        "sft_policy",
        sft,
        Roles("base_policy", "cai_sft"),
        profile.sft,
        profile,
        grain=grain,
        system_prompt=profile.answers.system_prompt,
    )
