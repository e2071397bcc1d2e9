"""An SFT asset of the same rows and settings as TRL by hand, run in Dagster."""

import sys
import time
from contextlib import redirect_stdout

import dagster as dg

from assets.building.declared import Trained
from assets.building.model import model_asset
from assets.building.recipe import recipe_of
from assets.building.versions import Recipes
from assets.profile.models import TrainedModel
from assets.profile.profile import load_profile
from benchmarks.sides.training.work import TrainingWork
from tests.assets.small import write_profile
from training.settings.sft import SftSettings
from training.trainers import TRAINERS


def asset_seconds(work: TrainingWork, seed: int) -> float:
    """Seconds of a run of one step in this process: from its start until its model has passed.

    What Dagster takes to start processes of its own is not in it. Each ``seed`` makes another model.
    """
    profile = load_profile(str(write_profile(work.folder / "profile", work.base)))
    settings = SftSettings.model_validate(work.settings | {"seed": seed})
    dataset = work.dataset("sft").name
    section = TrainedModel(trainer="sft", base="base_policy", dataset=dataset, training=settings)
    policy = Trained("policy", TRAINERS["sft"], section, group="models")
    asset = model_asset(policy, Recipes({"policy": recipe_of(policy)}, {}), profile)
    with dg.DagsterInstance.ephemeral() as instance, redirect_stdout(sys.stderr):
        started = time.perf_counter()
        dg.materialize([asset], resources={"pipes": dg.PipesSubprocessClient()}, instance=instance)
        return time.perf_counter() - started
