"""Checks of datasets and models as Dagster's asset checks."""

from collections.abc import Sequence

import dagster as dg

from assets.ui.keys import key_of
from quality.checks.check import Check
from quality.checks.models import ModelCheck


def blocking(checks: Sequence[Check | ModelCheck]) -> set[str]:
    """The names of those that block."""
    return {check.name for check in checks if check.severity == "error"}


def check_spec(asset: str, check: Check | ModelCheck) -> dg.AssetCheckSpec:
    """A check of an asset; errors block what stands on it."""
    return dg.AssetCheckSpec(
        check.name,
        asset=key_of(asset),
        blocking=check.severity == "error",
        description=f"Catches {check.catches}.",
    )
