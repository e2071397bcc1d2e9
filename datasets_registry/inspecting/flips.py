"""Why labels flipped: which rows of which inputs changed under them."""

from typing import Any

from datasets_registry.errors import BrokenObject
from datasets_registry.inspecting.diff import Comparison
from datasets_registry.inspecting.recipe_changes import input_pairs
from datasets_registry.inspecting.row_search import shared_columns
from datasets_registry.registry import Registry
from datasets_registry.rows.types import row_type
from datasets_registry.version import Version
from datasets_registry.views.scanning import column, columns, records


def flip_reasons(registry: Registry, comparison: Comparison) -> dict[str, Any]:
    """The flipped rows, how many of them have a changed row in an input, and input by input which columns.

    A flip without one comes from the code or the settings.
    """
    before, after = comparison.before.version, comparison.after.version
    pairs = [
        pair
        for pair in input_pairs(registry.derivation(before), registry.derivation(after))
        if pair[1].kind == "dataset"
    ]
    run = comparison.connection.execute
    _gather(comparison, [pair[1] for pair in pairs])
    run("CREATE TEMP TABLE touched (flip BIGINT)")
    inputs = [_input(registry, comparison, place, *pair) for place, pair in enumerate(pairs)]
    (found,) = records(
        comparison.connection,
        "SELECT count(*) AS flips, count(*) FILTER (flip IN (FROM touched)) AS explained FROM flips",
    )
    return found | {"unexplained": found["flips"] - found["explained"], "inputs": inputs}


def _gather(comparison: Comparison, inputs: list[Version]) -> None:
    """Number the flipped rows, with every column that ties them to an input."""
    ties = {name for one in inputs for name in shared_columns(comparison.row, row_type(one))}
    key = columns(comparison.key)
    more = columns(sorted(ties - set(comparison.key)), "source")
    flipped = " OR ".join(column(one) for one in comparison.labels) or "false"
    joined = f" JOIN {comparison.after.source} AS source USING ({key})" if more else ""
    comparison.connection.execute(
        f"CREATE TEMP TABLE flips AS SELECT row_number() OVER () AS flip, {key}{', ' if more else ''}{more}"
        f" FROM (SELECT {key} FROM {comparison.name} WHERE {comparison.in_both} AND ({flipped})){joined}"
    )


def _input(
    registry: Registry, comparison: Comparison, place: int, before: Version, after: Version
) -> dict[str, Any]:
    """What of one input changed under the flipped rows."""
    told: dict[str, Any] = {"name": after.name, "before": before.number, "after": after.number}
    ties = shared_columns(comparison.row, row_type(after))
    if before.data_version == after.data_version or not ties:
        return told | {"changed": before.data_version != after.data_version, "matched_on": ties, "flips": 0}
    try:
        changed = Comparison(comparison.connection, registry, before, after, f"changes_{place}")
    except BrokenObject as error:
        return told | {"changed": True, "matched_on": ties, "flips": 0, "missing": str(error)}
    return told | {"changed": True, "matched_on": ties} | _matched(changed, ties)


def _matched(changed: Comparison, ties: list[str]) -> dict[str, Any]:
    joined = f"flips JOIN {changed.name} AS changes USING ({columns(ties)})"
    changed.connection.execute(f"INSERT INTO touched SELECT DISTINCT flip FROM {joined}")
    kept = "NOT changes.is_added AND NOT changes.is_dropped"
    conditions = {
        "flips": "true",
        "added": "changes.is_added",
        "dropped": "changes.is_dropped",
        **{f"column {one}": f"{kept} AND changes.{column(one)}" for one in changed.values},
    }
    if changed.calls:
        other = " OR ".join(f"changes.{column(one)}" for one in changed.calls)
        conditions |= {"same_calls": f"{kept} AND NOT ({other})", "new_calls": f"{kept} AND ({other})"}
    counts = [f"count(DISTINCT flip) FILTER ({sql}) AS {column(name)}" for name, sql in conditions.items()]
    (found,) = records(changed.connection, f"SELECT {', '.join(counts)} FROM {joined}")
    names = {one: found.pop(f"column {one}") for one in changed.values}
    return found | {"columns": {one: number for one, number in names.items() if number}}
