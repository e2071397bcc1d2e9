"""A search for a text in a version's rows: hits as they are found, stopped from another thread."""

import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import duckdb

from datasets_registry.errors import BrokenObject
from datasets_registry.registry import Registry
from datasets_registry.rows.types import row_type
from datasets_registry.version import Version
from datasets_registry.views.files import parquet
from datasets_registry.views.scanning import ResultRow, columns, records, scanning
from studio.queries.filters import Condition, all_of
from studio.queries.rows import rows_of_keys

HITS = 50
_FILES_AT_ONCE = 2


def holding(texts: Sequence[str], text: str) -> Condition:
    """The condition that one of ``texts``, SQL over the rows, holds ``text``, in whatever case."""
    # one pass over a text, where lowering it first takes two
    held = " OR ".join(f"regexp_matches({searched}, regexp_escape(?), 'i')" for searched in texts)
    return Condition(held or "false", (text,) * len(texts))


class Search:
    """The first hits of a text in key order, file by file, since files are in key order."""

    def __init__(
        self,
        registry: Registry,
        version: Version,
        texts: Sequence[str],
        text: str,
        conditions: Sequence[Condition],
    ) -> None:
        """Search for ``text``, in whatever case, among the rows that keep the conditions.

        ``texts`` are SQL over the rows.
        """
        self.registry, self.version = registry, version
        self._where = all_of([*conditions, holding(texts, text)])
        self._stopped = threading.Event()
        self._connection: duckdb.DuckDBPyConnection | None = None
        self._lock = threading.Lock()
        self.num_files_read = 0
        # why it could not go on
        self.failure: str | None = None

    def stop(self) -> None:
        """End it at once, also amid a query; nothing where it has ended."""
        with self._lock:
            self._stopped.set()
            if self._connection is not None:
                self._connection.interrupt()

    @property
    def is_stopped(self) -> bool:
        """Whether it was stopped."""
        return self._stopped.is_set()

    def hits(self) -> Iterator[list[ResultRow]]:
        """The hits, some at a time and fifty in all.

        They end early where the search is stopped, or has a ``failure``: what was found is shown by then.
        """
        try:
            yield from self._hits(self.registry.files(self.version), HITS)
        except BrokenObject as error:
            self.failure = str(error)

    def _hits(self, files: Sequence[Path], left: int) -> Iterator[list[ResultRow]]:
        for start in range(0, len(files), _FILES_AT_ONCE):
            rows = self._in(files[start : start + _FILES_AT_ONCE], left)
            if self.is_stopped:
                return
            self.num_files_read = start + _FILES_AT_ONCE
            left -= len(rows)
            if rows:
                yield rows
            if not left:
                return

    def _in(self, files: Sequence[Path], most: int) -> list[ResultRow]:
        key = row_type(self.version).key
        names = columns(key)
        query = (
            f"SELECT {names} FROM {parquet(files)} WHERE {self._where.sql} ORDER BY {names} LIMIT {int(most)}"
        )
        with scanning(self.registry.state) as connection:
            with self._lock:
                if self.is_stopped:
                    return []
                self._connection = connection
            try:
                places = records(connection, query, list(self._where.values))
                return rows_of_keys(connection, files, key, places)
            except duckdb.InterruptException:
                return []
            finally:
                with self._lock:
                    self._connection = None
