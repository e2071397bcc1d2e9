"""The prompt sets: files of ours, or of yours, as versioned datasets."""

import dagster as dg

from assets.building.dataset import dataset_asset
from assets.building.inputs import Materials
from assets.building.recipe import Recipe
from assets.profile.profile import Profile, PromptFile
from datasets_registry.rows.prompts import HelpfulPrompt, Prompt, RedTeamPrompt
from datasets_registry.state import REPOSITORY
from methods.problems import prompt_files
from methods.problems.prompt_files import load_prompts, subset


def prompt_assets(profile: Profile) -> list[tuple[Recipe, dg.AssetsDefinition]]:
    """``red_team_prompts`` and ``helpful_prompts``."""
    return [
        _prompts(RedTeamPrompt, profile.red_team_prompts, profile),
        _prompts(HelpfulPrompt, profile.helpful_prompts, profile),
    ]


def _prompts(row: type[Prompt], settings: PromptFile, profile: Profile) -> tuple[Recipe, dg.AssetsDefinition]:
    path = REPOSITORY / settings.file
    load_prompts(row, path)
    recipe = Recipe(
        row.dataset, settings=settings.model_dump(mode="json"), texts=(path,), code=(prompt_files,)
    )

    def build(materials: Materials) -> list[Prompt]:
        return subset(load_prompts(row, path), settings)

    return recipe, dataset_asset(recipe, row, build, profile, group="prompts")
