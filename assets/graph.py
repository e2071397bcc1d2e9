"""The whole graph of a profile: recipes and assets, inputs before what is made from them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import dagster as dg

from assets.building.automation import sensors, with_condition
from assets.building.dataset import dataset_asset
from assets.building.declared import Dataset, Declared, Given, Names, Trained
from assets.building.given import given_asset
from assets.building.grounds import Grounds
from assets.building.inputs import OpenBackend, open_local
from assets.building.model import model_asset
from assets.building.recipe import Recipe, recipe_of
from assets.building.rounds.released import released_asset
from assets.building.versions import Recipes
from assets.held.runs import held_sensors
from assets.pipelines.imported import import_checks, import_sensors, imported_assets
from assets.pipelines.whole import declare
from assets.profile.profile import Profile
from assets.runs.dead import dead_runs_sensor


@dataclass(frozen=True)
class Graph:
    """What is declared, in building order, with its recipes and assets.

    ``imported`` names the inputs that no asset makes.
    """

    profile: Profile
    recipes: tuple[Recipe, ...]
    assets: tuple[dg.AssetsDefinition, ...]
    imported: tuple[str, ...] = ()
    checked: Mapping[str, Names] = field(default_factory=dict)
    declared: tuple[Declared, ...] = ()

    @property
    def known(self) -> Recipes:
        """The recipes by name, and what they are of."""
        recipes = {recipe.name: recipe for recipe in self.recipes}
        return Recipes(recipes, self.checked, self.declared, self.profile.pins, self.profile.experiment)

    @property
    def may_wait(self) -> set[str]:
        """What waits for people's reviews without failing."""
        return {asset.name for asset in self.declared if isinstance(asset, Dataset) and asset.may_wait}

    @property
    def definitions(self) -> dg.Definitions:
        """What Dagster loads."""
        rebuild = self.profile.rebuild
        return dg.Definitions(
            assets=[*with_condition(self.assets, rebuild), *imported_assets(self.imported)],
            asset_checks=import_checks(self.imported),
            sensors=[
                dead_runs_sensor,
                *sensors(rebuild, self.profile.launch.tags),
                *import_sensors(self.imported, rebuild),
                *held_sensors(self.profile, self.known, self.imported),
            ],
            resources={"pipes": dg.PipesSubprocessClient()},
            executor=dg.in_process_executor,
        )


def build_graph(profile: Profile, backend: OpenBackend = open_local) -> Graph:
    """The graph of ``profile``; raises BadInput where a prompt file or the constitution is unusable."""
    grounds = Grounds(declare(profile))
    declared = tuple(grounds.ordered)
    recipes = {asset.name: recipe_of(asset, grounds.reads[asset.name]) for asset in declared}
    checked = {name: grounds.reads[name] for name in grounds.imported}
    known = Recipes(recipes, checked, declared, profile.pins, profile.experiment)
    return Graph(
        profile,
        tuple(recipes.values()),
        tuple(_asset(asset, known, profile, backend) for asset in declared),
        grounds.imported,
        checked,
        declared,
    )


def _asset(asset: Declared, known: Recipes, profile: Profile, backend: OpenBackend) -> dg.AssetsDefinition:
    if isinstance(asset, Dataset):
        return dataset_asset(asset, known, profile, backend)
    if isinstance(asset, Trained):
        return model_asset(asset, known, profile)
    if isinstance(asset, Given):
        return given_asset(asset, known, profile)
    return released_asset(asset, known, profile)
