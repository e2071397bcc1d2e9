"""Constitutional AI: prompts → revisions and helpful answers → the SFT set → the SFT policy."""

from collections.abc import Sequence

import dagster as dg

from assets.dataset_asset import dataset_asset
from assets.materials import Materials, OpenBackend, open_local
from assets.model_asset import model_asset
from assets.profile import Profile
from assets.recipe import Recipe
from datasets_registry.schemas import (
    HelpfulAnswer,
    HelpfulPrompt,
    RedTeamPrompt,
    RevisionStep,
    SftExample,
)
from methods import conversation, critique_revision, sft_mix, templates
from methods.constitution import Constitution
from methods.critique_revision import answer_helpful, revise
from methods.sft_mix import sft_examples
from methods.templates import template_path
from training import manifest, rows, run, sft

_ANSWERING = (critique_revision, conversation, templates)


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


def _revisions(
    profile: Profile, constitution: Constitution, backend: OpenBackend
) -> tuple[Recipe, dg.AssetsDefinition]:
    settings = profile.revision_settings
    recipe = Recipe(
        "cai_revisions", ("red_team_prompts", "base_policy"),
        settings={
            **settings.model_dump(mode="json"),
            "principles": {
                one.id: [one.critique_request, one.revision_request] for one in constitution.principles
            },
        },
        texts=tuple(map(template_path, ("critique", "revision", *system_texts(profile)))),
        code=_ANSWERING,
    )  # fmt: skip

    def build(materials: Materials) -> list[RevisionStep]:
        prompts = [one for one in materials.rows(RedTeamPrompt) if one.split == "train"]
        with materials.completer("base_policy") as complete:
            model = complete.backend.fingerprint
            return revise(prompts, constitution, complete, model, settings)

    def shown(steps: Sequence[RevisionStep]) -> dict[str, float | int]:
        changed = [one.changed for one in steps if one.changed is not None]
        return {
            "changed_share": sum(changed) / max(len(changed), 1),
            "failures": sum(one.failure is not None for one in steps),
        }

    return recipe, dataset_asset(
        recipe, RevisionStep, build, profile, group="cai", generates=True, shown=shown,
        backend=backend,
    )  # fmt: skip


def _answers(profile: Profile, backend: OpenBackend) -> tuple[Recipe, dg.AssetsDefinition]:
    settings = profile.revision_settings
    recipe = Recipe(
        "helpful_answers", ("helpful_prompts", "base_policy"),
        settings=settings.model_dump(mode="json", include={"answers", "system_prompt", "seed"}),
        texts=tuple(map(template_path, system_texts(profile))), code=_ANSWERING,
    )  # fmt: skip

    def build(materials: Materials) -> list[HelpfulAnswer]:
        prompts = [one for one in materials.rows(HelpfulPrompt) if one.split == "train"]
        with materials.completer("base_policy") as complete:
            return answer_helpful(prompts, complete, complete.backend.fingerprint, settings)

    def shown(answers: Sequence[HelpfulAnswer]) -> dict[str, int]:
        return {"failures": sum(one.failure is not None for one in answers)}

    return recipe, dataset_asset(
        recipe, HelpfulAnswer, build, profile, group="cai", generates=True, shown=shown,
        backend=backend,
    )  # fmt: skip


def _sft_set(profile: Profile) -> tuple[Recipe, dg.AssetsDefinition]:
    recipe = Recipe("cai_sft", ("cai_revisions", "helpful_answers"), code=(sft_mix,))

    def build(materials: Materials) -> list[SftExample]:
        return sft_examples(materials.rows(RevisionStep), materials.rows(HelpfulAnswer))

    def shown(examples: Sequence[SftExample]) -> dict[str, int]:
        revisions = sum(one.kind == "revision" for one in examples)
        return {"revisions": revisions, "helpful": len(examples) - revisions}

    return recipe, dataset_asset(recipe, SftExample, build, profile, group="cai", shown=shown)


def _sft_policy(profile: Profile) -> tuple[Recipe, dg.AssetsDefinition]:
    recipe = Recipe(
        "sft_policy", ("base_policy", "cai_sft"), settings=profile.sft.model_dump(mode="json"),
        texts=tuple(map(template_path, system_texts(profile))), code=(sft, run, rows, manifest),
    )  # fmt: skip
    grain = "The base policy after supervised fine-tuning on cai_sft: one model directory."
    return recipe, model_asset(recipe, "sft", profile.sft, profile, grain=grain)
