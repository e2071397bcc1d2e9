"""The ledger: every completion stored once, as immutable Parquet segments, and found by its key."""

import threading
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import Engine

from datasets_registry.agreement.claim import Claim
from datasets_registry.agreement.leases import Leases
from datasets_registry.agreement.locks import agreed, reaches_machines
from datasets_registry.catalog.tables import shared_engine
from datasets_registry.errors import BrokenObject, StoreFailed
from datasets_registry.state import State, durable, locked
from datasets_registry.stores.bucket import BucketStore
from datasets_registry.stores.opening import store_of
from datasets_registry.stores.store import Store
from datasets_registry.views.files import parquet
from datasets_registry.views.ledger_columns import LEDGER_SCHEMA, once
from datasets_registry.views.scanning import cursor
from generation.ledger.claims import claim
from generation.ledger.known import Known, broken
from generation.ledger.mirror import Mirror
from generation.ledger.segments import live, new_name
from generation.request import Completion, Request

# a row, whose columns the query or the schema decides
Columns = dict[str, Any]

FLUSH_SECONDS = 5.0
FLUSH_COMPLETIONS = 4_000
# duckdb's types are quoted where they annotate: referenced at exit, they are reported as leaks


@dataclass(frozen=True)
class Origin:
    """Who asked: stored beside a completion, but not part of its key."""

    model: str
    backend: str
    asset: str


class Ledger:
    """Completions under one folder; any number of processes may read and append."""

    def __init__(self, folder: Path, engine: Engine | None = None, store: Store | None = None) -> None:
        """Machines that share the catalog of ``engine`` agree through it on who generates and who merges.

        Where ``store`` is a bucket, the folder has copies of its segments.
        """
        self.folder, self._engine = folder, engine
        self._leases = Leases(engine) if engine is not None and reaches_machines(engine) else None
        self.mirror = Mirror(folder, store) if isinstance(store, BucketStore) else None

    @classmethod
    def of(cls, state: State, engine: Engine | None = None) -> "Ledger":
        """That of a state, whose catalog is at TRIMTAB_CATALOG where no ``engine`` is given."""
        return cls(state.ledger, engine or shared_engine(), store_of(state))

    def claim(self, keys: Sequence[str]) -> AbstractContextManager[Claim]:
        """A claim of those of ``keys`` that nobody else is generating."""
        return self._leases.claim(keys) if self._leases else claim(self.folder / "claims", keys)

    @contextmanager
    def compacting(self) -> Iterator[bool]:
        """Whether nobody else merges segments, until the end."""
        path = self.folder / ".compaction.lock"
        alone = agreed(self._engine, path, wait=False) if self._engine else locked(path, wait=False)
        with alone as ours:
            yield bool(ours)

    def segments(self) -> frozenset[str]:
        """The names of the segments that together hold every completion now."""
        return self.mirror.live() if self.mirror else live(self.folder)

    def tables(self, segments: Collection[str]) -> str:
        """SQL to put before a query: ``segments``' rows as ``stored``, and each once as ``completions``.

        A column that a segment was written without is null.
        """
        files = [self.folder / name for name in sorted(segments)]
        scan = f"SELECT * FROM {parquet(files, 'union_by_name', 'filename')}"
        rows = f"SELECT * FROM nothing UNION ALL BY NAME {scan}" if segments else "SELECT * FROM nothing"
        named = {"stored": rows, "completions": once("stored")}
        return "WITH " + ", ".join(f"{name} AS NOT MATERIALIZED ({sql})" for name, sql in named.items()) + " "

    # quoted, since an evaluated annotation keeps duckdb's types alive, and it says so at exit
    @contextmanager
    def open(self) -> "Iterator[duckdb.DuckDBPyConnection]":
        """A connection for queries over ``tables``; raises BrokenObject for a segment that cannot be read."""
        with cursor("ledger") as connection:
            connection.register("nothing", LEDGER_SCHEMA.empty_table())
            try:
                yield connection
            except duckdb.InvalidInputException as error:
                raise BrokenObject(broken(self.folder, error)) from error

    def find(self, keys: Sequence[str]) -> dict[str, Completion]:
        """The first success stored under each key; whoever looks more than once keeps a ``Known``."""
        return Known(self).find(keys)

    def append(self, rows: Sequence[Columns]) -> None:
        """Write one segment: durable and visible as a whole when this returns, on every machine."""
        self.send(self.write(rows))

    def write(self, rows: Sequence[Columns]) -> str:
        """Write one segment on this machine; its name, by which it is sent."""
        name = new_name()
        with durable(self.folder / name) as temporary:
            columns = {name: [row[name] for row in rows] for name in LEDGER_SCHEMA.names}
            table = pa.Table.from_pydict(columns, schema=LEDGER_SCHEMA)
            pq.write_table(table, temporary, compression="zstd")
        return name

    def send(self, name: str) -> None:
        """Let other machines have a segment; raises StoreFailed where their bucket stays away."""
        if self.mirror:
            self.mirror.send(name)

    def send_left(self) -> None:
        """Send what an earlier run could not."""
        if self.mirror:
            self.mirror.send_left()

    def ask(self, query: str, *parameters: object) -> list[Columns]:
        """The rows of a query over ``completions`` (each once) or ``stored``."""
        with self.open() as connection:
            result = connection.execute(self.tables(self.segments()) + query, list(parameters))
            names = [column[0] for column in result.description]
            return [dict(zip(names, row, strict=True)) for row in result.fetchall()]

    def stats(self) -> list[Columns]:
        """Completions, failures, tokens, seconds and dollars by model and asset."""
        return self.ask(
            "SELECT model, asset, count(*) FILTER (error IS NULL) AS completions,"
            " count(*) FILTER (error IS NOT NULL) AS failures,"
            " sum(num_prompt_tokens)::BIGINT AS prompt_tokens,"
            " coalesce(sum(num_cached_tokens), 0)::BIGINT AS cached_tokens,"
            " sum(num_completion_tokens)::BIGINT AS completion_tokens,"
            " round(sum(seconds), 1) AS seconds, coalesce(round(sum(usd), 4), 0) AS usd"
            " FROM completions GROUP BY ALL ORDER BY ALL"
        )


class Writer:
    """Buffers completions of one origin: written within five seconds, and sent within as many more."""

    def __init__(self, ledger: Ledger, origin: Origin) -> None:
        self._ledger, self._origin = ledger, asdict(origin)
        self._rows: list[Columns] = []
        self._unsent: list[str] = []
        self._writing, self._sending = threading.Lock(), threading.Lock()
        self._closed = threading.Event()
        self._failure: Exception | None = None
        self._is_away = False
        self._last = time.monotonic()

    def __enter__(self) -> "Writer":
        # the first list that arrow is given imports pandas for a second: now, as nothing is there to lose
        pa.array([])
        # a bucket that is waited for keeps nothing from being written here
        work = (self._write, self._send) if self._ledger.mirror else (self._write,)
        self._threads = [threading.Thread(target=self._regularly, args=(each,), daemon=True) for each in work]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._closed.set()
        for thread in self._threads:
            thread.join()
        self._write()
        # what ends this may be that the bucket is away, and then it was waited for
        if error is None or not self._is_away:
            self._send()

    def add(
        self,
        key: str,
        request: Request,
        completion: Completion,
        usd: float | None = None,
        replicas: int = 1,
    ) -> None:
        """Store one completion; raises what was met in the background, such as a full disk.

        Its seconds are those of a replica, of which so many were at work. That the bucket is away is raised
        by ``flush`` and in the end: what comes meanwhile is paid for, and kept here.
        """
        now = time.monotonic()
        row = {
            **completion.__dict__,
            "key": key,
            **self._origin,
            "request": request.model_dump_json(exclude_none=True),
            "usd": usd,
            "seconds": (now - self._last) * replicas,
            "created_at": datetime.now(UTC),
        }
        self._last = now
        with self._writing:
            self._rows.append(row)
        if self._failure:
            raise self._failure
        if len(self._rows) >= FLUSH_COMPLETIONS:
            self._write()

    def flush(self) -> None:
        """Write what is buffered as one segment, and let all machines have it."""
        self._write()
        self._send()

    def _write(self) -> None:
        with self._writing:
            if self._rows:
                self._unsent.append(self._ledger.write(self._rows))
                self._rows = []

    def _send(self) -> None:
        with self._sending:
            try:
                while self._unsent:
                    self._ledger.send(self._unsent[0])
                    del self._unsent[0]
                self._is_away = False
            except StoreFailed:
                self._is_away = True
                raise

    def _regularly(self, work: Callable[[], None]) -> None:
        while not self._closed.wait(FLUSH_SECONDS):
            try:
                work()
            except StoreFailed:
                # it may be back at the next look
                continue
            except Exception as error:
                self._failure = error
