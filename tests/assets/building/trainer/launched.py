"""A model's asset by itself over the tiny model, and what it is trained from, for tests of launches."""

from pathlib import Path

import dagster as dg

from assets.building.declared import Trained
from assets.building.model import model_asset
from assets.building.recipe import Recipe, recipe_of
from assets.building.versions import Recipes, Versions
from assets.profile.models import TrainedModel
from assets.profile.profile import Profile, load_profile
from datasets_registry.registry import Registry
from datasets_registry.rows.cai import SftExample
from generation.models.folder import fingerprint
from tests.assets.small import write_profile
from tests.rows import make
from training.settings.learning import TrainingSettings
from training.trainers import Trainer


def profile(folder: Path, model: Path, more: str = "") -> Profile:
    """The small profile, and more of it."""
    path = write_profile(folder, model)
    # one row a step cannot be shared
    path.write_text(path.read_text().replace("batch_size = 1", "batch_size = 2") + more)
    return load_profile(str(path))


def declared(settings: TrainingSettings, source: str = "training.sft") -> tuple[Trained, dict[str, Recipe]]:
    """A model of a base and a dataset that are there, and the recipes of all three."""
    trainer = Trainer(source, source, type(settings), "supervised")
    section = TrainedModel(trainer="sft", base="base_policy", dataset="cai_sft", training=settings)
    policy = Trained("policy", trainer, section, group="models")
    given = {name: Recipe(name) for name in ("base_policy", "cai_sft")}
    return policy, {**given, "policy": recipe_of(policy)}


def built(
    profile: Profile, settings: TrainingSettings, source: str = "training.sft"
) -> tuple[Recipe, dg.AssetsDefinition]:
    """Such a model's recipe and asset."""
    policy, recipes = declared(settings, source)
    return recipes["policy"], model_asset(policy, Recipes(recipes, {}), profile)


def materialize(asset: dg.AssetsDefinition) -> dg.ExecuteInProcessResult:
    """Run it in Dagster."""
    with dg.DagsterInstance.ephemeral() as instance:
        return dg.materialize(
            [asset], resources={"pipes": dg.PipesSubprocessClient()}, instance=instance, raise_on_error=False
        )


def give(registry: Registry, model: Path) -> None:
    """A base and rows to learn."""
    versions = Versions({name: Recipe(name) for name in ("base_policy", "cai_sft")}, {}, registry)
    base = versions.derivation("base_policy")
    registry.record_checks(registry.commit_model("base_policy", model, fingerprint(model), base), [])
    rows = [make(SftExample, f"p{number}", completion="yes yes") for number in range(16)]
    version = registry.commit(SftExample, rows, versions.derivation("cai_sft"))
    registry.record_checks(version, [])
