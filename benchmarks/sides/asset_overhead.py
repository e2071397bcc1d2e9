"""An SFT asset of the same rows and settings as TRL by hand, run in Dagster."""

import sys
import time
from contextlib import redirect_stdout

import dagster as dg

import training.sft
from assets.building.model import trained_model
from assets.building.roles import Roles
from assets.profile.profile import load_profile
from benchmarks.sides.training_work import TrainingWork
from tests.assets.small import write_profile
from training.settings.sft import SftSettings


def asset_seconds(work: TrainingWork, seed: int) -> float:
    """Seconds of a run of one step in this process: from its start until its model has passed.

    What Dagster takes to start processes of its own is not in it. Each ``seed`` makes another model.
    """
    profile = load_profile(str(write_profile(work.folder / "profile", work.base)))
    settings = SftSettings.model_validate(work.settings | {"seed": seed})
    roles = Roles("base_policy", work.dataset("sft").name)
    _, asset = trained_model("policy", training.sft, roles, settings, profile, grain="A policy.")
    with dg.DagsterInstance.ephemeral() as instance, redirect_stdout(sys.stderr):
        started = time.perf_counter()
        dg.materialize([asset], resources={"pipes": dg.PipesSubprocessClient()}, instance=instance)
        return time.perf_counter() - started
