"""RLAIF: completion pairs of the SFT policy → AI judgements → preference pairs → the DPO policy."""

from collections import Counter
from collections.abc import Sequence

import dagster as dg

from assets.cai import system_texts
from assets.dataset_asset import dataset_asset
from assets.materials import Materials, OpenBackend, open_local
from assets.model_asset import model_asset
from assets.profile import Profile
from assets.recipe import Recipe
from datasets_registry.schemas import (
    AiJudgement,
    CompletionPair,
    HelpfulPrompt,
    PreferencePair,
    Prompt,
    RedTeamPrompt,
)
from methods import conversation, judge, pairs, templates
from methods.constitution import Constitution
from methods.judge import judge_pairs, label_pairs
from methods.pairs import Kind, pair_completions
from methods.templates import template_path
from training import dpo, manifest, rows, run


def rlaif_assets(
    profile: Profile, constitution: Constitution, backend: OpenBackend = open_local
) -> list[tuple[Recipe, dg.AssetsDefinition]]:
    """``completion_pairs``, ``ai_judgements``, ``preference_pairs`` and ``dpo_policy``."""
    return [
        _pairs(profile, backend),
        _judgements(profile, constitution, backend),
        _preferences(profile),
        _dpo_policy(profile),
    ]


def prompts_of(materials: Materials, split: str) -> list[tuple[Kind, Prompt]]:
    """Both prompt sets' prompts of one split."""
    red_team: list[tuple[Kind, Prompt]] = [
        ("red_team", one) for one in materials.rows(RedTeamPrompt) if one.split == split
    ]
    return red_team + [("helpful", one) for one in materials.rows(HelpfulPrompt) if one.split == split]


def _pairs(profile: Profile, backend: OpenBackend) -> tuple[Recipe, dg.AssetsDefinition]:
    settings = profile.pair_settings
    recipe = Recipe(
        "completion_pairs", ("red_team_prompts", "helpful_prompts", "sft_policy"),
        settings=settings.model_dump(mode="json"),
        texts=tuple(map(template_path, system_texts(profile))),
        code=(pairs, conversation, templates),
    )  # fmt: skip

    def build(materials: Materials) -> list[CompletionPair]:
        prompts = prompts_of(materials, "train")
        with materials.completer("sft_policy") as complete:
            return pair_completions(prompts, complete, complete.backend.fingerprint, settings)

    def shown(rows: Sequence[CompletionPair]) -> dict[str, int]:
        return {"failures": sum(one.failure is not None for one in rows)}

    return recipe, dataset_asset(
        recipe, CompletionPair, build, profile, group="rlaif", generates=True, shown=shown,
        backend=backend,
    )  # fmt: skip


def _judgements(
    profile: Profile, constitution: Constitution, backend: OpenBackend
) -> tuple[Recipe, dg.AssetsDefinition]:
    settings = profile.judge
    recipe = Recipe(
        "ai_judgements", ("completion_pairs", "base_policy"),
        settings={
            **settings.model_dump(mode="json"),
            "principles": {one.id: one.preference_question for one in constitution.principles},
        },
        texts=(template_path("judge"),), code=(judge, templates),
    )  # fmt: skip

    def build(materials: Materials) -> list[AiJudgement]:
        usable = materials.rows(CompletionPair)
        with materials.completer("base_policy") as complete:
            model = complete.backend.fingerprint
            return judge_pairs(usable, constitution, complete, model, settings)

    def shown(verdicts: Sequence[AiJudgement]) -> dict[str, float]:
        crossed = [one for one in verdicts if one.order in ("ab", "ba")]
        parsed = [one for one in crossed if one.verdict is not None]
        first = sum(one.verdict == "first" for one in parsed)
        return {
            "parse_rate": len(parsed) / max(len(crossed), 1),
            "first_position_share": first / max(len(parsed), 1),
        }

    return recipe, dataset_asset(
        recipe, AiJudgement, build, profile, group="rlaif", generates=True, shown=shown,
        backend=backend,
    )  # fmt: skip


def _preferences(profile: Profile) -> tuple[Recipe, dg.AssetsDefinition]:
    recipe = Recipe("preference_pairs", ("completion_pairs", "ai_judgements"), code=(judge,))

    def build(materials: Materials) -> list[PreferencePair]:
        return label_pairs(materials.rows(CompletionPair), materials.rows(AiJudgement))

    def shown(labelled: Sequence[PreferencePair]) -> dict[str, float | int]:
        counts = Counter(one.label for one in labelled)
        margins = [abs(one.p_a - 0.5) for one in labelled if one.p_a is not None]
        return {
            "labelled": counts["a"] + counts["b"], "ties": counts["tie"],
            "unparsed": counts["unparsed"], "unjudged": counts["unjudged"],
            "mean_margin": sum(margins) / max(len(margins), 1),
        }  # fmt: skip

    return recipe, dataset_asset(recipe, PreferencePair, build, profile, group="rlaif", shown=shown)


def _dpo_policy(profile: Profile) -> tuple[Recipe, dg.AssetsDefinition]:
    recipe = Recipe(
        "dpo_policy", ("sft_policy", "preference_pairs"),
        settings=profile.dpo.model_dump(mode="json"),
        texts=tuple(map(template_path, system_texts(profile))), code=(dpo, run, rows, manifest),
    )  # fmt: skip
    grain = "The SFT policy after direct preference optimisation on preference_pairs: one model directory."
    return recipe, model_asset(recipe, "dpo", profile.dpo, profile, grain=grain)
