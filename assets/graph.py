"""The whole graph of a profile: recipes and assets, inputs before what is made from them."""

from dataclasses import dataclass

import dagster as dg

from assets.building.automation import automated, sensors
from assets.building.inputs import OpenBackend, open_local
from assets.building.model import given_policies
from assets.building.recipe import Recipe
from assets.pipelines.cai import cai_assets
from assets.pipelines.evaluation import evaluation_assets
from assets.pipelines.hygiene import hygiene_assets
from assets.pipelines.imported import import_sensors, imported_assets, imported_names
from assets.pipelines.judges import judge_assets
from assets.pipelines.models import model_assets
from assets.pipelines.prm import step_assets
from assets.pipelines.problems import problem_assets
from assets.pipelines.prompts import prompt_assets
from assets.pipelines.rft import rft_assets
from assets.pipelines.rlaif import dpo_policy, rlaif_assets
from assets.profile.profile import Profile
from methods.judging.constitution import load_constitution


@dataclass(frozen=True)
class Graph:
    """Recipes in building order, and the assets that follow them."""

    profile: Profile
    recipes: tuple[Recipe, ...]
    assets: tuple[dg.AssetsDefinition, ...]

    @property
    def imported(self) -> list[str]:
        """The inputs that no asset makes."""
        return imported_names(self.recipes)

    @property
    def definitions(self) -> dg.Definitions:
        """What Dagster loads."""
        rebuild = self.profile.rebuild
        return dg.Definitions(
            assets=[*automated(self.assets, rebuild), *imported_assets(self.imported)],
            sensors=[
                *sensors(rebuild, self.profile.launch.tags),
                *import_sensors(self.imported, rebuild),
            ],
            resources={"pipes": dg.PipesSubprocessClient()},
            executor=dg.in_process_executor,
        )


def build_graph(profile: Profile, backend: OpenBackend = open_local) -> Graph:
    """The graph of ``profile``; raises BadInput where a prompt file or the constitution is unusable."""
    constitution = load_constitution(profile.constitution_path)
    pairs = [
        *given_policies(profile),
        *prompt_assets(profile),
        *cai_assets(profile, constitution, backend),
        *rlaif_assets(profile, constitution, backend),
        *judge_assets(profile, constitution, backend),
        dpo_policy(profile),
        *evaluation_assets(profile, constitution, backend),
        *hygiene_assets(profile),
        *problem_assets(profile),
        *rft_assets(profile, backend),
        *step_assets(profile, backend),
    ]
    pairs += model_assets(profile, pairs)
    recipes, assets = zip(*pairs, strict=True)
    return Graph(profile, recipes, assets)
