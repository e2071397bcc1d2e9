"""Write, audit, publish: a candidate becomes latest only when its blocking checks pass."""

from collections.abc import Callable, Sequence

from datasets_registry.registry import Registry, is_red
from datasets_registry.rows.row import Row
from datasets_registry.store.collector import seldom_collected
from datasets_registry.store.staging import Rows
from datasets_registry.version import CheckResult, Derivation, Version
from quality.checks.check import Check, run_check
from quality.checks.table import checks_of_rows

RunCheck = Callable[[Check, Registry, Version, Sequence[Version]], CheckResult]


def publish(
    registry: Registry, row: type[Row], rows: Rows, derivation: Derivation, name: str | None = None
) -> Version:
    """Commit ``rows`` and let the checks of their row type decide.

    Raises UnknownVersion or UnpassedVersion where a check reads a dataset without a passed version.
    """
    with seldom_collected():
        version = registry.commit(row, rows, derivation, name)
    return check_candidate(registry, row, version, derivation.inputs)


def check_candidate(
    registry: Registry, row: type[Row], version: Version, inputs: Sequence[Version], run: RunCheck = run_check
) -> Version:
    """Let the checks of the row type, as ``run`` runs them, decide on a candidate; raises what they raise."""
    return registry.record_checks(version, run_checks(registry, row, version, inputs, run))


def run_checks(
    registry: Registry, row: type[Row], version: Version, inputs: Sequence[Version], run: RunCheck = run_check
) -> list[CheckResult]:
    """The results of the checks of these rows, of which nothing is recorded; raises what they raise."""
    checks = checks_of_rows(row.dataset, registry.derivation(version))
    return [run(check, registry, version, inputs) for check in checks]


def checked_again(
    registry: Registry, row: type[Row], version: Version, inputs: Sequence[Version]
) -> list[CheckResult]:
    """The results of today's checks of a version that was checked before, of which nothing is recorded.

    A red check that a person overruled is left out where it finds the same as then.
    """
    overruled = {
        (result.check, result.value)
        for result in registry.checks(version)
        if not result.passed and result.severity == "warning"
    }
    return [
        result
        for result in run_checks(registry, row, version, inputs)
        if not is_red(result) or (result.check, result.value) not in overruled
    ]
