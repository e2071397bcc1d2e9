"""Why labels flipped: which rows of which inputs changed under them."""

from collections.abc import Mapping

from datasets_registry.errors import BrokenObject
from datasets_registry.inspecting.comparison import Comparison
from datasets_registry.inspecting.recipe_changes import input_pairs
from datasets_registry.inspecting.record import Record
from datasets_registry.inspecting.row_search import shared_columns
from datasets_registry.registry import Registry
from datasets_registry.rows.types import row_type
from datasets_registry.version import Version
from datasets_registry.views.scanning import column, columns, records


class InputFlips(Record):
    """What of one input changed under the flipped rows.

    ``flips`` counts the flipped rows with a changed row in the input, matched by ``matched_on``; the
    others count those of them whose input row was added, was dropped, has other calls or the same, or
    changed in a column. ``missing`` says why the input cannot be compared.
    """

    name: str
    before: int
    after: int
    changed: bool
    matched_on: tuple[str, ...]
    flips: int
    missing: str | None = None
    added: int = 0
    dropped: int = 0
    same_calls: int = 0
    new_calls: int = 0
    columns: Mapping[str, int] = {}


class FlipReasons(Record):
    """How many rows flipped, and how many of them have a changed row in an input.

    A flip without one comes from the code or the settings.
    """

    flips: int
    explained: int
    unexplained: int
    inputs: tuple[InputFlips, ...]


def flip_reasons(registry: Registry, comparison: Comparison) -> FlipReasons:
    """Why the compared versions' labels differ, input by input."""
    before, after = comparison.before.version, comparison.after.version
    pairs = [
        pair
        for pair in input_pairs(registry.derivation(before), registry.derivation(after))
        if pair[1].kind == "dataset"
    ]
    _gather(comparison, [pair[1] for pair in pairs])
    comparison.connection.execute("CREATE TEMP TABLE touched (flip BIGINT)")
    inputs = tuple(
        _input_flips(registry, comparison, *pair, table=f"changes_{index}")
        for index, pair in enumerate(pairs)
    )
    (counts,) = records(
        comparison.connection,
        "SELECT count(*) AS flips, count(*) FILTER (flip IN (FROM touched)) AS explained FROM flips",
    )
    return FlipReasons(**counts, unexplained=counts["flips"] - counts["explained"], inputs=inputs)


def _gather(comparison: Comparison, inputs: list[Version]) -> None:
    """Number the flipped rows, with every column that ties them to an input."""
    ties = {name for version in inputs for name in shared_columns(comparison.row, row_type(version))}
    key = columns(comparison.key)
    more = columns(sorted(ties - set(comparison.key)), "source")
    flipped = " OR ".join(column(label) for label in comparison.labels) or "false"
    joined = f" JOIN {comparison.after.source} AS source USING ({key})" if more else ""
    comparison.connection.execute(
        f"CREATE TEMP TABLE flips AS SELECT row_number() OVER () AS flip, {key}{', ' if more else ''}{more}"
        f" FROM (SELECT {key} FROM {comparison.name} WHERE {comparison.in_both} AND ({flipped})){joined}"
    )


def _input_flips(
    registry: Registry, comparison: Comparison, before: Version, after: Version, table: str
) -> InputFlips:
    ties = shared_columns(comparison.row, row_type(after))
    changed = before.data_version != after.data_version
    counts: dict[str, object] = {"flips": 0}
    if changed and ties:
        try:
            compared = Comparison(comparison.connection, registry, before, after, table)
            counts = _counts(compared, ties)
        except BrokenObject as error:
            counts |= {"missing": str(error)}
    return InputFlips.model_validate(
        {
            "name": after.name,
            "before": before.number,
            "after": after.number,
            "changed": changed,
            "matched_on": tuple(ties),
            **counts,
        }
    )


def _counts(changed: Comparison, ties: list[str]) -> dict[str, object]:
    """The counts of ``InputFlips``; of calls only where the input's rows name some."""
    joined = f"flips JOIN {changed.name} AS changes USING ({columns(ties)})"
    changed.connection.execute(f"INSERT INTO touched SELECT DISTINCT flip FROM {joined}")
    in_both = "NOT changes.is_added AND NOT changes.is_dropped"
    conditions = {
        "flips": "true",
        "added": "changes.is_added",
        "dropped": "changes.is_dropped",
        **{f"column {name}": f"{in_both} AND changes.{column(name)}" for name in changed.values},
    }
    if changed.calls:
        other = " OR ".join(f"changes.{column(name)}" for name in changed.calls)
        conditions |= {
            "same_calls": f"{in_both} AND NOT ({other})",
            "new_calls": f"{in_both} AND ({other})",
        }
    counted = [f"count(DISTINCT flip) FILTER ({sql}) AS {column(name)}" for name, sql in conditions.items()]
    (counts,) = records(changed.connection, f"SELECT {', '.join(counted)} FROM {joined}")
    by_column = {name: counts.pop(f"column {name}") for name in changed.values}
    return counts | {"columns": {name: number for name, number in by_column.items() if number}}
