"""The ledger: every completion stored once, as immutable Parquet segments, and found by its key."""

import threading
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from datasets_registry.ledger_columns import LEDGER_SCHEMA
from datasets_registry.state import durable
from generation.request import Completion, Request

FLUSH_SECONDS = 5.0
FLUSH_COMPLETIONS = 1_000


@dataclass(frozen=True)
class Origin:
    """Who asked: stored beside a completion, and no part of its key."""

    model: str
    backend: str
    asset: str


class Ledger:
    """Completions under one folder; any number of processes may read and append."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def _source(self) -> str | None:
        if not any(self.folder.glob("*.parquet")):
            return None
        pattern = str(self.folder / "*.parquet").replace("'", "''")
        return f"read_parquet('{pattern}', union_by_name=true)"

    def find(self, keys: Sequence[str]) -> dict[str, Completion]:
        """The first success stored under each key; failures are not found, so they are retried."""
        source = self._source()
        if source is None or not keys:
            return {}
        wanted = pa.table({"key": pa.array(keys, pa.string())})
        packed = ", ".join(f"{one} := {one}" for one in Completion.model_fields)
        with duckdb.connect() as connection:
            connection.register("wanted", wanted)
            rows = connection.execute(
                f"SELECT key, arg_min(struct_pack({packed}), created_at) FROM {source}"
                " SEMI JOIN wanted USING (key) WHERE error IS NULL GROUP BY key"
            ).fetchall()
        return {key: Completion(**values) for key, values in rows}

    def append(self, rows: Sequence[dict[str, Any]]) -> None:
        """Write one segment: durable and visible as a whole when this returns."""
        path = self.folder / f"{time.time_ns():020d}-{uuid.uuid4().hex[:8]}.parquet"
        with durable(path) as temporary:
            table = pa.Table.from_pylist(list(rows), schema=LEDGER_SCHEMA)
            pq.write_table(table, temporary, compression="zstd")

    def stats(self) -> list[dict[str, Any]]:
        """Completions, failures and tokens by model and asset."""
        source = self._source()
        if source is None:
            return []
        with duckdb.connect() as connection:
            found = connection.execute(
                "SELECT model, asset, count(*) FILTER (error IS NULL) AS completions,"
                " count(*) FILTER (error IS NOT NULL) AS failures,"
                " sum(num_prompt_tokens)::BIGINT AS prompt_tokens,"
                " sum(num_completion_tokens)::BIGINT AS completion_tokens,"
                f" round(sum(seconds), 1) AS seconds FROM {source} GROUP BY ALL ORDER BY ALL"
            )
            names = [column[0] for column in found.description]
            return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


class Writer:
    """Buffers completions of one origin and flushes them at the latest after five seconds."""

    def __init__(self, ledger: Ledger, origin: Origin) -> None:
        self._ledger, self._origin = ledger, origin
        self._rows: list[dict[str, Any]] = []
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._failure: Exception | None = None
        self._last = time.monotonic()

    def __enter__(self) -> "Writer":
        self._thread = threading.Thread(target=self._flush_regularly, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._closed.set()
        self._thread.join()
        self.flush()

    def add(self, key: str, request: Request, completion: Completion) -> None:
        """Store one completion; raises what the background flush met, such as a full disk."""
        now = time.monotonic()
        row = completion.model_dump() | {
            "key": key, "model": self._origin.model, "backend": self._origin.backend,
            "asset": self._origin.asset, "request": request.model_dump_json(),
            "seconds": now - self._last, "created_at": datetime.now(UTC),
        }  # fmt: skip
        self._last = now
        with self._lock:
            self._rows.append(row)
            full = len(self._rows) >= FLUSH_COMPLETIONS
        if self._failure:
            raise self._failure
        if full:
            self.flush()

    def flush(self) -> None:
        """Write what is buffered as one segment."""
        with self._lock:
            if self._rows:
                self._ledger.append(self._rows)
                self._rows = []

    def _flush_regularly(self) -> None:
        while not self._closed.wait(FLUSH_SECONDS):
            try:
                self.flush()
            except Exception as error:
                self._failure = error
