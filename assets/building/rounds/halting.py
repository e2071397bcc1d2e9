"""What rounds leave out once one of them has stopped: it is recorded as such, and nothing is worked."""

from collections.abc import Sequence

from assets.building.declared import Dataset
from assets.building.versions import Versions
from datasets_registry.registry import Registry
from datasets_registry.rows.rounds.verdict import Verdict
from datasets_registry.version import CheckResult, Derivation, Version
from quality.checks.check import Check
from quality.checks.models import ModelCheck

NO_LABELS = "no sample of the round can be learned from"


def stopped(versions: Versions, verdict: str) -> str | None:
    """Why the rounds have stopped, in the words of the dataset ``verdict``; None where they go on.

    Raises UnknownVersion or UnpassedVersion where there is no such verdict yet.
    """
    if not verdict:
        return None
    rows = versions.registry.rows(Verdict, versions.passed(verdict))
    return next((row.why for row in rows if row.verdict != "go_on"), None)


def without_rows(dataset: Dataset, versions: Versions, checks: Sequence[Check], why: str) -> Version:
    """A version of no rows, whose checks say that there was nothing to check."""
    registry = versions.registry
    version = registry.commit(dataset.method.rows, [], versions.derivation(dataset.name), dataset.name)
    return registry.record_checks(version, _unasked(checks, why))


def handed_on(
    registry: Registry, name: str, model: Version, how: Derivation, checks: Sequence[ModelCheck], why: str
) -> Version:
    """A version of the model ``name`` with the weights of ``model``, of which nothing is copied."""
    version = registry.commit_model(name, registry.folder(model), model.data_version, how)
    return registry.record_checks(version, _unasked(checks, why))


def _unasked(checks: Sequence[Check | ModelCheck], why: str) -> list[CheckResult]:
    return [
        CheckResult(
            check=check.name,
            passed=True,
            severity=check.severity,
            value=None,
            threshold=None,
            description=f"nothing to check: {why}",
        )
        for check in checks
    ]
