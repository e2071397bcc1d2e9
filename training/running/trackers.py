"""Trackers, which take a run's figures besides the UI and must be ready before it begins."""

import os
from collections.abc import Sequence

from datasets_registry.errors import BadInput

_BOARD = "TENSORBOARD_LOGGING_DIR"


def require_trackers(names: Sequence[str]) -> None:
    """Raise BadInput for a tracker that transformers does not know, or that is not ready."""
    if not names:
        return
    from transformers.integrations.integration_utils import (
        INTEGRATION_TO_CALLBACK,
        get_available_reporting_integrations,
    )

    installed = get_available_reporting_integrations()
    for name in names:
        if name not in INTEGRATION_TO_CALLBACK:
            supported = ", ".join(sorted(INTEGRATION_TO_CALLBACK))
            raise BadInput(f"tracking.report_to: no tracker {name!r}: there are {supported}")
        if name not in installed:
            raise BadInput(f"tracking.report_to: {name} is not installed: install it, or leave it out")
    if "tensorboard" in names and _BOARD not in os.environ:
        raise BadInput(
            "tracking.report_to: tensorboard would write into the run's folder, which is removed when the "
            f"model is done: set {_BOARD} to a folder of yours"
        )
