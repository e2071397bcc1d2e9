"""Evaluation: base, SFT and DPO policy on held-out prompts, judged against the base."""

from collections.abc import Sequence

import dagster as dg

from assets.building.dataset import dataset_asset
from assets.building.inputs import Materials, OpenBackend, open_local
from assets.building.recipe import Recipe
from assets.pipelines.cai import system_texts
from assets.pipelines.rlaif import JUDGING, prompts_of
from assets.profile.profile import Profile
from datasets_registry import intervals
from datasets_registry.rows.evaluation import EvaluationAnswer, Metric
from methods.evaluation import held_out, refusals
from methods.evaluation.held_out import answer_held_out, compare
from methods.evaluation.refusals import PHRASES
from methods.judging.constitution import Constitution
from methods.templates import template_path
from quality.evaluation import metrics

MODELS = ("base_policy", "sft_policy", "dpo_policy")


def evaluation_assets(
    profile: Profile, constitution: Constitution, backend: OpenBackend = open_local
) -> list[tuple[Recipe, dg.AssetsDefinition]]:
    """``evaluation_answers`` and ``evaluation``."""
    return [_answers(profile, constitution, backend), _figures(profile)]


def _answers(
    profile: Profile, constitution: Constitution, backend: OpenBackend
) -> tuple[Recipe, dg.AssetsDefinition]:
    settings = profile.evaluation_settings(constitution)
    recipe = Recipe(
        "evaluation_answers",
        ("red_team_prompts", "helpful_prompts", *MODELS),
        settings=settings.model_dump(mode="json"),
        texts=(PHRASES, *map(template_path, ("judge", "reasoning", *system_texts(profile)))),
        code=(held_out, *JUDGING, refusals),
    )

    def build(materials: Materials) -> list[EvaluationAnswer]:
        prompts = prompts_of(materials, "evaluation")
        answers = {}
        for name in MODELS:
            with materials.completer(name) as complete:
                model = complete.backend.fingerprint
                answers[name] = answer_held_out(name, prompts, complete, model, settings)
        base = answers.pop("base_policy")
        with materials.completer("base_policy") as complete:
            compared = [
                row
                for ones in answers.values()
                for row in compare(ones, base, complete, complete.backend.fingerprint, settings)
            ]
        return base + compared

    return recipe, dataset_asset(
        recipe,
        EvaluationAnswer,
        build,
        profile,
        group="evaluation",
        generates=True,
        backend=backend,
    )


def _figures(profile: Profile) -> tuple[Recipe, dg.AssetsDefinition]:
    recipe = Recipe("evaluation", ("evaluation_answers",), code=(metrics, intervals))

    def build(materials: Materials) -> list[Metric]:
        return metrics.metrics(materials.rows(EvaluationAnswer))

    def shown(figures: Sequence[Metric]) -> dict[str, float]:
        return {
            f"{one.model}_{one.kind}_{one.metric}": one.value
            for one in figures
            if one.value is not None and one.metric in ("win_rate", "refusal_rate", "mean_tokens")
        }

    return recipe, dataset_asset(recipe, Metric, build, profile, group="evaluation", shown=shown)
