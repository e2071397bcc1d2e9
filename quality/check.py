"""A check: SQL that gives one figure of a dataset version, and the bounds that it must keep."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import duckdb

from datasets_registry.registry import Registry
from datasets_registry.scanning import column, parquet, scanning
from datasets_registry.version import CheckResult, Version


@dataclass(frozen=True)
class Check:
    """``sql`` reads the version as ``this`` and other datasets, in ``reads``, by name."""

    dataset: str
    name: str
    sql: str
    catches: str
    at_least: float | None = None
    at_most: float | None = None
    reads: tuple[str, ...] = ()
    severity: Literal["error", "warning"] = "error"


def run_check(check: Check, registry: Registry, version: Version, inputs: Iterable[Version]) -> CheckResult:
    """Measure ``version``; a figure that cannot be had does not pass."""
    given = {one.name: one for one in inputs}
    with scanning(registry.state) as connection:
        _show(connection, "this", registry, version)
        for name in check.reads:
            _show(connection, name, registry, given.get(name) or registry.passed(name))
        found = connection.execute(check.sql).fetchone()
    value = None if found is None or found[0] is None else float(found[0])
    passed = value is not None and _within(check, value)
    return CheckResult(
        check=check.name, passed=passed, severity=check.severity, value=value,
        threshold=check.at_least if check.at_least is not None else check.at_most,
        description=_describe(check, value),
    )  # fmt: skip


def _show(connection: "duckdb.DuckDBPyConnection", name: str, registry: Registry, version: Version) -> None:
    # a view over the files, so that a check needs no more memory than its SQL
    connection.execute(f"CREATE VIEW {column(name)} AS SELECT * FROM {parquet(registry.files(version))}")


def _within(check: Check, value: float) -> bool:
    above = check.at_least is None or value >= check.at_least
    return above and (check.at_most is None or value <= check.at_most)


def _describe(check: Check, value: float | None) -> str:
    bounds = [
        f"at {side} {bound:g}"
        for side, bound in (("least", check.at_least), ("most", check.at_most))
        if bound is not None
    ]
    figure = "nothing to measure" if value is None else f"{value:.4g}"
    return f"{check.name} is {figure}, wanted {' and '.join(bounds)}; catches {check.catches}"
