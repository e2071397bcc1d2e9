"""Checks: SQL or a function that gives one figure of a dataset version, and its bounds."""

import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from datasets_registry.rows.row import arrow_schema
from datasets_registry.rows.types import ROW_TYPES, rows_of
from datasets_registry.version import CheckResult, Version

if TYPE_CHECKING:
    import duckdb

    from datasets_registry.registry import Registry


Measure = Callable[["duckdb.DuckDBPyConnection"], float | None]


@dataclass(frozen=True)
class Check:
    """One figure of a dataset version, with its bounds.

    ``measure`` reads the version as ``this``, and the datasets in ``reads`` by name; those that are not among
    the inputs have no rows. ``own`` are read of the version's own inputs alone, where some are of that type.

    SQL may use ``$settings``: the settings that the version was made with, as JSON text. ``why`` is SQL
    over the inputs by their row types, which says in words what made the figure red.
    """

    dataset: str
    name: str
    measure: "str | Measure"
    catches: str
    at_least: float | None = None
    at_most: float | None = None
    reads: tuple[str, ...] = ()
    own: tuple[str, ...] = ()
    severity: Literal["error", "warning"] = "error"
    why: str = ""

    @property
    def bounds(self) -> str:
        """The bounds in words, such as ``at least 0.25 and at most 0.75``."""
        limits = (("least", self.at_least), ("most", self.at_most))
        return " and ".join(f"at {side} {bound:g}" for side, bound in limits if bound is not None)


def run_check(check: Check, registry: "Registry", version: Version, inputs: Iterable[Version]) -> CheckResult:
    """Measure ``version``; a figure that cannot be computed does not pass.

    Raises BrokenObject where stored rows are missing.
    """
    from datasets_registry.views.scanning import scanning

    by_type: dict[str, list[Version]] = {}
    for source in inputs:
        # rows of one type under several names, such as samples of earlier rounds, are read together
        by_type.setdefault(rows_of(source), []).append(source)
    with scanning(registry.state) as connection:
        create_view(connection, "this", registry, [version])
        for dataset in (*check.reads, *check.own):
            create_view(connection, dataset, registry, by_type.get(dataset, []))
        value = _number(_measure(check, connection, registry, version))
        passed = value is not None and _within(check, value)
        why = "" if passed else _why(check, connection, registry, by_type)
    return CheckResult(
        check=check.name,
        passed=passed,
        severity=check.severity,
        value=value,
        threshold=check.at_least if check.at_least is not None else check.at_most,
        description=_describe(check, value) + why,
    )


def _why(
    check: Check,
    connection: "duckdb.DuckDBPyConnection",
    registry: "Registry",
    by_type: Mapping[str, Sequence[Version]],
) -> str:
    """What made the figure red, behind a colon; empty where the check cannot say."""
    if not check.why:
        return ""
    for dataset in by_type.keys() - {*check.reads, *check.own}:
        create_view(connection, dataset, registry, by_type[dataset])
    row = connection.execute(check.why).fetchone()
    return f": {row[0]}" if row and row[0] else ""


def _measure(
    check: Check, connection: "duckdb.DuckDBPyConnection", registry: "Registry", version: Version
) -> float | None:
    if callable(check.measure):
        return check.measure(connection)
    settings = {}
    if "$settings" in check.measure:
        settings = {"settings": json.dumps(dict(registry.derivation(version).settings))}
    row = connection.execute(check.measure, settings).fetchone()
    return None if row is None or row[0] is None else float(row[0])


def _number(value: float | None) -> float | None:
    """None in the place of what is no number, such as a share of nothing: the catalog keeps it so, too."""
    return None if value is None or math.isnan(value) else value


def create_view(
    connection: "duckdb.DuckDBPyConnection", name: str, registry: "Registry", versions: Sequence[Version]
) -> None:
    """Create the view ``name`` of the rows of ``versions``; without versions it is empty."""
    from datasets_registry.views.files import parquet
    from datasets_registry.views.scanning import column

    if not versions:
        connection.register(name, arrow_schema(ROW_TYPES[name]).empty_table())
        return
    # a view over the files, so that a check needs no more memory than its SQL
    files = [path for version in versions for path in registry.files(version)]
    connection.execute(f"CREATE TEMP VIEW {column(name)} AS SELECT * FROM {parquet(files)}")


def _within(check: Check, value: float) -> bool:
    high_enough = check.at_least is None or value >= check.at_least
    return high_enough and (check.at_most is None or value <= check.at_most)


def _describe(check: Check, value: float | None) -> str:
    figure = "nothing to measure" if value is None else f"{value:.4g}"
    return f"{check.name} is {figure}, must be {check.bounds}; catches {check.catches}"
