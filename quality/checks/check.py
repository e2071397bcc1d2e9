"""A check: SQL or a function that gives one figure of a dataset version, and the bounds it must keep."""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import duckdb

from datasets_registry.registry import Registry
from datasets_registry.rows.row import arrow_schema
from datasets_registry.rows.types import ROW_TYPES, rows_of
from datasets_registry.version import CheckResult, Version
from datasets_registry.views.scanning import column, parquet, scanning

Measure = Callable[["duckdb.DuckDBPyConnection"], float | None]


@dataclass(frozen=True)
class Check:
    """``measure`` reads the version as ``this`` and other datasets, in ``reads``, by name.

    Those in ``reads_if_there`` have no rows where no version has passed. A function that runs code of other
    modules than its own names them in ``code``, so that a change of them counts as one of the check.

    SQL may ask for ``$settings``, the JSON text of the settings that the version was made with.
    """

    dataset: str
    name: str
    measure: "str | Measure"
    catches: str
    at_least: float | None = None
    at_most: float | None = None
    reads: tuple[str, ...] = ()
    severity: Literal["error", "warning"] = "error"
    reads_if_there: tuple[str, ...] = ()
    code: tuple[str, ...] = ()

    @property
    def bounds(self) -> str:
        """The bounds in words, such as ``at least 0.25 and at most 0.75``."""
        sides = (("least", self.at_least), ("most", self.at_most))
        return " and ".join(f"at {side} {bound:g}" for side, bound in sides if bound is not None)


def run_check(check: Check, registry: Registry, version: Version, inputs: Iterable[Version]) -> CheckResult:
    """Measure ``version``; a figure that cannot be had does not pass."""
    given: dict[str, list[Version]] = {}
    for one in inputs:
        # rows of one type under several names, such as draws of earlier rounds, are looked at together
        given.setdefault(rows_of(one), []).append(one)
    with scanning(registry.state) as connection:
        show(connection, "this", registry, [version])
        for name in check.reads:
            show(connection, name, registry, given.get(name) or [registry.passed(name)])
        for name in check.reads_if_there:
            latest = registry.latest(name)
            show(connection, name, registry, given.get(name) or ([latest] if latest else []))
        value = _measure(check, connection, registry, version)
    passed = value is not None and _within(check, value)
    return CheckResult(
        check=check.name,
        passed=passed,
        severity=check.severity,
        value=value,
        threshold=check.at_least if check.at_least is not None else check.at_most,
        description=_describe(check, value),
    )


def _measure(
    check: Check, connection: "duckdb.DuckDBPyConnection", registry: Registry, version: Version
) -> float | None:
    if callable(check.measure):
        return check.measure(connection)
    settings = {}
    if "$settings" in check.measure:
        settings = {"settings": json.dumps(dict(registry.derivation(version).settings))}
    found = connection.execute(check.measure, settings).fetchone()
    return None if found is None or found[0] is None else float(found[0])


def show(
    connection: "duckdb.DuckDBPyConnection", name: str, registry: Registry, versions: Sequence[Version]
) -> None:
    """Make the rows of ``versions`` the view ``name``; without one it has no rows."""
    if not versions:
        connection.register(name, arrow_schema(ROW_TYPES[name]).empty_table())
        return
    # a view over the files, so that a check needs no more memory than its SQL
    files = [path for one in versions for path in registry.files(one)]
    connection.execute(f"CREATE TEMP VIEW {column(name)} AS SELECT * FROM {parquet(files)}")


def _within(check: Check, value: float) -> bool:
    above = check.at_least is None or value >= check.at_least
    return above and (check.at_most is None or value <= check.at_most)


def _describe(check: Check, value: float | None) -> str:
    figure = "nothing to measure" if value is None else f"{value:.4g}"
    return f"{check.name} is {figure}, wanted {check.bounds}; catches {check.catches}"
