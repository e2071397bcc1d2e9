"""A run in this process says each failure once."""

from collections.abc import Iterator

import dagster as dg

from assets.runs.here import run_here

SAYS = "has_rows is 0, must be at least 1"


@dg.asset(check_specs=[dg.AssetCheckSpec("has_rows", asset="empty", blocking=True)])
def empty() -> Iterator[dg.MaterializeResult[None]]:
    """What a blocking check finds red."""
    red = dg.AssetCheckResult(passed=False, description=SAYS, severity=dg.AssetCheckSeverity.ERROR)
    yield dg.MaterializeResult(check_results=[red])


@dg.asset
def broken() -> None:
    """What fails by itself."""
    raise ValueError("no such thing")


def test_a_red_check_is_the_whole_failure_of_its_asset() -> None:
    definitions, done = dg.Definitions([empty, broken]), list[str]()
    with dg.DagsterInstance.ephemeral() as instance:
        failures = run_here(definitions, instance, ["empty", "broken"], {}, done.append)
    assert sorted(failures) == ["broken: ValueError: no such thing", f"empty: {SAYS}"]
    assert sorted(done) == ["broken", "empty"]
