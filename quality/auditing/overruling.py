"""Overruling: a person passes a version though a blocking check is red, and who and why is recorded."""

from collections.abc import Sequence

from datasets_registry.catalog.account import account
from datasets_registry.errors import BadInput
from datasets_registry.registry import Registry, is_red
from datasets_registry.version import CheckResult, Version

BY_HAND = "passed_by_person"
EXPORTED = "exported_by_person"


def pass_by_hand(registry: Registry, version: Version, reason: str) -> Version:
    """Let a person overrule the blocking checks of ``version``; who and why is recorded.

    Raises BadInput without a reason, or where the version has passed.
    """
    reason = reason.strip()
    if not reason:
        raise BadInput(f"say why {version} may be used: --reason 'what you looked at'")
    if version.status == "passed":
        raise BadInput(f"{version} has passed already: there is nothing to overrule")
    note = f"{account()} passed {version}: {reason}"
    overruled = [
        check.model_copy(update={"severity": "warning", "description": f"{check.description} ({note})"})
        for check in registry.checks(version)
        if is_red(check)
    ]
    decision = CheckResult(
        check=BY_HAND, passed=True, severity="warning", value=None, threshold=None, description=note
    )
    registry.records.add_checks(version, [*overruled, decision], "passed")
    registry.refresh_views()
    return version.model_copy(update={"status": "passed"})


def record_export(registry: Registry, version: Version, held_by: Sequence[str], because: str) -> None:
    """Record that a person exports a model that its gates hold, and why; that releases it no more."""
    note = f"{account()} exported {version}, held by {'; '.join(held_by)}: {because.strip()}"
    export = CheckResult(
        check=EXPORTED, passed=True, severity="warning", value=None, threshold=None, description=note
    )
    registry.records.add_checks(version, [export], version.status)
    registry.refresh_views()
