"""Trackers, which take a run's figures besides the UI: those there are, and whether they are ready."""

import os
from collections.abc import Mapping
from importlib.util import find_spec
from typing import Annotated

from pydantic import AfterValidator

from datasets_registry.errors import BadInput
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
# transformers' list of those that are ready leaves them out, the first beside mlflow, and takes them by name
_UNLISTED = ("azure_ml", "flyte")


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


def require_ready(names: tuple[str, ...]) -> None:
    """Raise BadInput naming a tracker that is installed, and that transformers would refuse as it is.

    It may import the trackers, so that profiles do not ask for as much.
    """
    if not names:
        return
    from transformers.integrations import get_available_reporting_integrations

    ready = (*get_available_reporting_integrations(), *_UNLISTED)
    for name in names:
        if name not in ready:
            raise BadInput(f"report_to: {name} is not ready: install and configure it, or leave it out")


Trackers = Annotated[tuple[str, ...], Distinct, AfterValidator(_ready)]
