"""What differs between two versions of a dataset: rows, columns, labels, and whether calls were made anew.

Files that both versions share hold the same rows and are not read. Of the others the hash of every value is
compared (64 bits: two unequal values in 10^19 pass for equal), so that long texts stay on the disk.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from datasets_registry.errors import BadInput
from datasets_registry.registry import Registry
from datasets_registry.rows.row import Row, ledger_keys
from datasets_registry.rows.types import row_type
from datasets_registry.version import Version
from datasets_registry.views.scanning import column, columns, parquet, records, types


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
        self.connection, self.name = connection, name
        self.row: type[Row] = row_type(after)
        if row_type(before).key != self.row.key:
            raise BadInput(f"{before} and {after} have rows of other kinds: compare versions with one key")
        self.before, self.after = _sides(connection, registry, before, after)
        self.key = self.row.key
        common = [one for one in self.after.types if one in self.before.types]
        self.values = [one for one in common if one not in self.key]
        self.labels = [one for one in self.row.label_columns if one in self.values]
        self.calls = [one for one in ledger_keys(self.row) if one in self.values]
        self._compare()

    def _compare(self) -> None:
        for side, table in ((self.before, "old_hashes"), (self.after, "new_hashes")):
            self.connection.execute(f"CREATE OR REPLACE TEMP TABLE {table} AS {self._hashes(side)}")
        key = columns(self.key)
        kept = [
            f"{table}.{_label(label)} AS {column(f'{table[:3]} {label}')}"
            for label in self.labels
            for table in ("old_hashes", "new_hashes")
        ]
        hashes = [f"old_hashes.{_hash(one)} IS DISTINCT FROM new_hashes.{_hash(one)}" for one in self.values]
        lacks = [f"{table}.is_there IS NULL" for table in ("old_hashes", "new_hashes")]
        flags = [
            f"({lacks[0]}) AS is_added",
            f"({lacks[1]}) AS is_dropped",
            *(f"({sql}) AS {column(one)}" for sql, one in zip(hashes, self.values, strict=True)),
        ]
        self.connection.execute(
            f"CREATE TEMP TABLE {self.name} AS SELECT {', '.join([key, *kept, *flags])}"
            f" FROM old_hashes FULL JOIN new_hashes USING ({key}) WHERE {' OR '.join(lacks + hashes)}"
        )
        self.connection.execute("DROP TABLE old_hashes; DROP TABLE new_hashes")

    def _hashes(self, side: Side) -> str:
        compared = [f"hash({self._compared(one)}) AS {_hash(one)}" for one in self.values]
        labels = [f"{column(one)} AS {_label(one)}" for one in self.labels]
        wanted = ", ".join([columns(self.key), "true AS is_there", *labels, *compared])
        return f"SELECT {wanted} FROM {side.source}"

    def _compared(self, name: str) -> str:
        same = self.before.types[name] == self.after.types[name]
        return column(name) if same else f"{column(name)}::VARCHAR"

    def counts(self) -> dict[str, int]:
        """Rows added, dropped, changed and unchanged."""
        (found,) = records(
            self.connection,
            "SELECT count(*) FILTER (is_added) AS added, count(*) FILTER (is_dropped) AS dropped,"
            f" count(*) FILTER (NOT is_added AND NOT is_dropped) AS changed FROM {self.name}",
        )
        return found | {"same": (self.after.version.num_rows or 0) - found["added"] - found["changed"]}

    def changed_columns(self) -> dict[str, int]:
        """In how many of the rows that both versions have each column changed; zeros left out."""
        counts = [f"count(*) FILTER ({column(one)}) AS {column(one)}" for one in self.values]
        if not counts:
            return {}
        (found,) = records(
            self.connection, f"SELECT {', '.join(counts)} FROM {self.name} WHERE {self.in_both}"
        )
        return {name: number for name, number in found.items() if number}

    @property
    def in_both(self) -> str:
        """SQL that holds for a row which both versions have."""
        return "NOT is_added AND NOT is_dropped"

    def flips(self, label: str) -> list[dict[str, Any]]:
        """How many rows went from one value of ``label`` to another, most frequent first."""
        old, new = column(f"old {label}"), column(f"new {label}")
        return records(
            self.connection,
            f'SELECT {old} AS "from", {new} AS "to", count(*) AS rows FROM {self.name}'
            f" WHERE {self.in_both} AND {column(label)} GROUP BY ALL ORDER BY rows DESC, 1, 2",
        )

    def reparsed(self) -> dict[str, int] | None:
        """Changed rows with the same model calls as before, and with others; None without call columns."""
        if not self.calls:
            return None
        other = " OR ".join(column(one) for one in self.calls)
        (found,) = records(
            self.connection,
            f"SELECT count(*) FILTER (NOT ({other})) AS same_calls, count(*) FILTER ({other}) AS new_calls"
            f" FROM {self.name} WHERE {self.in_both}",
        )
        return found

    def sample(self, limit: int) -> list[dict[str, Any]]:
        """Some rows that changed: their key, and before and after of each changed column.

        Flips come first.
        """
        flipped = [f"{column(one)} DESC" for one in self.labels]
        rows = records(
            self.connection,
            f"SELECT * FROM {self.name} WHERE {self.in_both}"
            f" ORDER BY {', '.join([*flipped, columns(self.key)])} LIMIT {int(limit)}",
        )
        return [self._beside(row) for row in rows]

    def _beside(self, row: dict[str, Any]) -> dict[str, Any]:
        names = [one for one in self.values if row[one]]
        sides = [self._read(side, row, names) for side in (self.before, self.after)]
        changes = {one: {"before": sides[0][one], "after": sides[1][one]} for one in names}
        return {"key": {one: row[one] for one in self.key}, "changes": changes}

    def _read(self, side: Side, row: dict[str, Any], names: Sequence[str]) -> dict[str, Any]:
        where = " AND ".join(f"{column(one)} = ?" for one in self.key)
        query = f"SELECT {columns(names)} FROM {side.source} WHERE {where}"
        return records(self.connection, query, [row[one] for one in self.key])[0]


def _sides(
    connection: "duckdb.DuckDBPyConnection", registry: Registry, before: Version, after: Version
) -> tuple[Side, Side]:
    files = [registry.files(one) for one in (before, after)]
    shared = set(files[0]) & set(files[1])
    old, new = (
        Side(
            version,
            [one for one in paths if one not in shared],
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
