"""Checks of datasets and models as Dagster's asset checks."""

import dagster as dg

from assets.ui.keys import key_of
from quality.checks.check import Check
from quality.checks.models import ModelCheck


def check_spec(asset: str, check: Check | ModelCheck) -> dg.AssetCheckSpec:
    """A check of an asset; errors block what stands on it."""
    return dg.AssetCheckSpec(
        check.name,
        asset=key_of(asset),
        blocking=check.severity == "error",
        description=f"Catches {check.catches}.",
    )
