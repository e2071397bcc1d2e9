"""Two versions of a dataset compared: rows, columns, labels, and whether model calls were repeated.

Files that both versions share hold the same rows and are not read. Of the others the hash of every value is
compared (64 bits: two unequal values in 10^19 pass for equal), so that long texts stay on the disk.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
from pydantic import Field

from datasets_registry.errors import BadInput
from datasets_registry.inspecting.record import Record
from datasets_registry.registry import Registry
from datasets_registry.rows.row import Row, ledger_keys
from datasets_registry.rows.types import row_type
from datasets_registry.version import Version
from datasets_registry.views.files import parquet, types
from datasets_registry.views.scanning import column, columns, records


class RowCounts(Record):
    """Rows added, dropped, changed and unchanged."""

    added: int
    dropped: int
    changed: int
    same: int


class CallCounts(Record):
    """Changed rows with the same model calls as before, and those with others."""

    same_calls: int
    new_calls: int


class Flip(Record):
    """How many rows went from one value of a label to another."""

    old: object = Field(alias="from")
    new: object = Field(alias="to")
    rows: int


class ValueChange(Record):
    """A value in both versions."""

    before: object
    after: object


class ChangedRow(Record):
    """A row that changed: its key, and its changed values by column."""

    key: Mapping[str, object]
    changes: Mapping[str, ValueChange]


@dataclass(frozen=True)
class Side:
    """One of the two versions: the files that it alone has, and its columns with their types."""

    version: Version
    files: list[Path]
    types: dict[str, str]
    empty: str

    @property
    def source(self) -> str:
        """SQL for the rows of the files that the other version does not have."""
        return parquet(self.files) if self.files else self.empty


class Comparison:
    """``before`` and ``after`` on one connection: the differing rows are its table ``name``.

    The table has the key's columns, ``is_added``, ``is_dropped``, each label's ``old`` and ``new`` and
    for each common column whether it changed.
    """

    def __init__(
        self,
        connection: "duckdb.DuckDBPyConnection",
        registry: Registry,
        before: Version,
        after: Version,
        name: str = "changes",
    ) -> None:
        """Compare them; raises BadInput where their rows have different keys."""
        self.connection, self.name = connection, name
        self.row: type[Row] = row_type(after)
        if row_type(before).key != self.row.key:
            raise BadInput(f"{before} and {after} have different keys: compare versions with the same key")
        self.before, self.after = _sides(connection, registry, before, after)
        self.key = self.row.key
        common = [name for name in self.after.types if name in self.before.types]
        self.values = [name for name in common if name not in self.key]
        self.labels = [name for name in self.row.label_columns if name in self.values]
        self.calls = [name for name in ledger_keys(self.row) if name in self.values]
        self._compare()

    def _compare(self) -> None:
        for side, table in ((self.before, "old_hashes"), (self.after, "new_hashes")):
            self.connection.execute(f"CREATE OR REPLACE TEMP TABLE {table} AS {self._hashes(side)}")
        key = columns(self.key)
        labels = [
            f"{table}.{_label(label)} AS {column(f'{table[:3]} {label}')}"
            for label in self.labels
            for table in ("old_hashes", "new_hashes")
        ]
        changed = [
            f"old_hashes.{_hash(name)} IS DISTINCT FROM new_hashes.{_hash(name)}" for name in self.values
        ]
        lacks = [f"{table}.is_there IS NULL" for table in ("old_hashes", "new_hashes")]
        flags = [
            f"({lacks[0]}) AS is_added",
            f"({lacks[1]}) AS is_dropped",
            *(f"({sql}) AS {column(name)}" for sql, name in zip(changed, self.values, strict=True)),
        ]
        self.connection.execute(
            f"CREATE TEMP TABLE {self.name} AS SELECT {', '.join([key, *labels, *flags])}"
            f" FROM old_hashes FULL JOIN new_hashes USING ({key}) WHERE {' OR '.join(lacks + changed)}"
        )
        self.connection.execute("DROP TABLE old_hashes; DROP TABLE new_hashes")

    def _hashes(self, side: Side) -> str:
        hashes = [f"hash({self._compared(name)}) AS {_hash(name)}" for name in self.values]
        labels = [f"{column(name)} AS {_label(name)}" for name in self.labels]
        selected = ", ".join([columns(self.key), "true AS is_there", *labels, *hashes])
        return f"SELECT {selected} FROM {side.source}"

    def _compared(self, name: str) -> str:
        same = self.before.types[name] == self.after.types[name]
        return column(name) if same else f"{column(name)}::VARCHAR"

    def counts(self) -> RowCounts:
        """Rows added, dropped, changed and unchanged."""
        (counts,) = records(
            self.connection,
            "SELECT count(*) FILTER (is_added) AS added, count(*) FILTER (is_dropped) AS dropped,"
            f" count(*) FILTER (NOT is_added AND NOT is_dropped) AS changed FROM {self.name}",
        )
        same = (self.after.version.num_rows or 0) - counts["added"] - counts["changed"]
        return RowCounts(**counts, same=same)

    def changed_columns(self) -> dict[str, int]:
        """In how many of the rows that both versions have each column changed; zeros left out."""
        counted = [f"count(*) FILTER ({column(name)}) AS {column(name)}" for name in self.values]
        if not counted:
            return {}
        (counts,) = records(
            self.connection, f"SELECT {', '.join(counted)} FROM {self.name} WHERE {self.in_both}"
        )
        return {name: number for name, number in counts.items() if number}

    @property
    def in_both(self) -> str:
        """SQL that holds for a row which both versions have."""
        return "NOT is_added AND NOT is_dropped"

    def flips(self, label: str) -> tuple[Flip, ...]:
        """How many rows went from one value of ``label`` to another, most frequent first."""
        old, new = column(f"old {label}"), column(f"new {label}")
        flips = records(
            self.connection,
            f"SELECT {old} AS old, {new} AS new, count(*) AS rows FROM {self.name}"
            f" WHERE {self.in_both} AND {column(label)} GROUP BY ALL ORDER BY rows DESC, 1, 2",
        )
        return tuple(Flip(**flip) for flip in flips)

    def call_counts(self) -> CallCounts | None:
        """Changed rows by whether their model calls are the same; None where rows name no calls."""
        if not self.calls:
            return None
        other = " OR ".join(column(name) for name in self.calls)
        (counts,) = records(
            self.connection,
            f"SELECT count(*) FILTER (NOT ({other})) AS same_calls, count(*) FILTER ({other}) AS new_calls"
            f" FROM {self.name} WHERE {self.in_both}",
        )
        return CallCounts(**counts)

    def sample(self, limit: int) -> tuple[ChangedRow, ...]:
        """At most ``limit`` rows that changed, flips first."""
        flipped = [f"{column(label)} DESC" for label in self.labels]
        rows = records(
            self.connection,
            f"SELECT * FROM {self.name} WHERE {self.in_both}"
            f" ORDER BY {', '.join([*flipped, columns(self.key)])} LIMIT {int(limit)}",
        )
        return tuple(self._changed_row(row) for row in rows)

    def added(self, limit: int) -> tuple[Mapping[str, object], ...]:
        """The keys of at most ``limit`` rows that only the later version has."""
        return self._keys("is_added", limit)

    def dropped(self, limit: int) -> tuple[Mapping[str, object], ...]:
        """The keys of at most ``limit`` rows that only the earlier version has."""
        return self._keys("is_dropped", limit)

    def _keys(self, holds: str, limit: int) -> tuple[Mapping[str, object], ...]:
        key = columns(self.key)
        query = f"SELECT {key} FROM {self.name} WHERE {holds} ORDER BY {key} LIMIT {int(limit)}"
        return tuple(records(self.connection, query))

    def _changed_row(self, row: Mapping[str, object]) -> ChangedRow:
        key = {name: row[name] for name in self.key}
        names = [name for name in self.values if row[name]]
        old, new = (self._values(side, key, names) for side in (self.before, self.after))
        changes = {name: ValueChange(before=old[name], after=new[name]) for name in names}
        return ChangedRow(key=key, changes=changes)

    def _values(self, side: Side, key: Mapping[str, object], names: Sequence[str]) -> Mapping[str, object]:
        where = " AND ".join(f"{column(name)} = ?" for name in key)
        query = f"SELECT {columns(names)} FROM {side.source} WHERE {where}"
        return records(self.connection, query, list(key.values()))[0]


def _sides(
    connection: "duckdb.DuckDBPyConnection", registry: Registry, before: Version, after: Version
) -> tuple[Side, Side]:
    files = [registry.files(version) for version in (before, after)]
    shared = set(files[0]) & set(files[1])
    old, new = (
        Side(
            version,
            [path for path in paths if path not in shared],
            types(connection, paths),
            empty=f"(SELECT * FROM {parquet(paths[:1])} WHERE false)",
        )
        for version, paths in zip((before, after), files, strict=True)
    )
    return old, new


def _hash(name: str) -> str:
    return column(f"hash {name}")


def _label(name: str) -> str:
    return column(f"label {name}")
