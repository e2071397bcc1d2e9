"""Trackers, which take a run's figures besides the UI: those there are, and whether they are ready."""

import os
from collections.abc import Mapping
from importlib.util import find_spec
from typing import Annotated

from pydantic import AfterValidator

from datasets_registry.settings import Distinct

# what transformers looks for; any of a tracker's modules will do
MODULES: Mapping[str, tuple[str, ...]] = {
    "azure_ml": ("azureml",),
    "clearml": ("clearml",),
    "codecarbon": ("codecarbon",),
    "comet_ml": ("comet_ml",),
    "dagshub": ("dagshub",),
    "dvclive": ("dvclive",),
    "flyte": ("flytekit",),
    "kubeflow": ("kubeflow",),
    "mlflow": ("mlflow",),
    "neptune": ("neptune",),
    "swanlab": ("swanlab",),
    "tensorboard": ("tensorboard", "tensorboardX"),
    "trackio": ("trackio",),
    "wandb": ("wandb",),
}
_BOARD = "TENSORBOARD_LOGGING_DIR"


def _ready(names: tuple[str, ...]) -> tuple[str, ...]:
    for name in names:
        if name not in MODULES:
            raise ValueError(f"no tracker {name!r}: there are {', '.join(MODULES)}")
        if not any(map(find_spec, MODULES[name])):
            raise ValueError(f"{name} is not installed: install it, or leave it out")
    if "tensorboard" in names and _BOARD not in os.environ:
        raise ValueError(
            "tensorboard would write into the run's folder, which is removed when the model is done: set "
            f"{_BOARD} to a folder of yours"
        )
    return names


Trackers = Annotated[tuple[str, ...], Distinct, AfterValidator(_ready)]
