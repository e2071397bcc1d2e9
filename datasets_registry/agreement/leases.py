"""Leases: claims of keys as rows of the catalog's database, which end unless their process renews them.

The server's clock alone counts. A process that was paused for longer than its lease may find its keys
claimed by another: both then make the same thing, which costs twice and is used once.
"""

import threading
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Row, TextClause, text
from sqlalchemy.exc import SQLAlchemyError, TimeoutError

from datasets_registry.agreement.claim import Claim, may_run, name_of_this_process, place
from datasets_registry.agreement.locks import agreed
from datasets_registry.errors import BrokenCatalog, TrimtabError

LEASE_SECONDS = 60.0
_TRIES = 3

# not logged, as a claim is worth no more than a lease: after a crash the server begins with none
_TABLE = text("""
    CREATE UNLOGGED TABLE IF NOT EXISTS claim (
        key text COLLATE "C" PRIMARY KEY,
        owner text NOT NULL,
        holder text NOT NULL,
        until timestamptz NOT NULL
    )
""")
# everybody locks rows in this order: in any other, two that want the same keys wait for one another
_ORDER = 'ORDER BY key COLLATE "C"'
_TAKE = text(f"""
    INSERT INTO claim (key, owner, holder, until)
    SELECT wanted.key, :owner, :holder, clock_timestamp() + :seconds * interval '1 second'
    FROM unnest(CAST(:keys AS text[])) AS wanted (key)
    WHERE NOT EXISTS (
        SELECT FROM claim AS held
        WHERE held.key = wanted.key AND held.holder <> :holder AND held.until >= clock_timestamp()
    )
    {_ORDER}
    ON CONFLICT (key) DO UPDATE SET owner = excluded.owner, holder = excluded.holder, until = excluded.until
    WHERE claim.until < clock_timestamp() OR claim.holder = excluded.holder
    RETURNING key
""")
_OTHERS = text("""
    SELECT key, owner, holder FROM claim
    WHERE key = ANY (CAST(:keys AS text[])) AND until >= clock_timestamp()
""")
_GIVE_UP = text(f"""
    WITH held AS MATERIALIZED (
        SELECT key FROM claim
        WHERE key = ANY (CAST(:keys AS text[])) AND holder = ANY (CAST(:holders AS text[]))
        {_ORDER} FOR UPDATE
    )
    DELETE FROM claim USING held WHERE claim.key = held.key
""")


class Leases:
    """Claims in one catalog, which any number of machines may share."""

    def __init__(self, engine: Engine) -> None:
        self._plain = engine
        self._is_away = False

    @contextmanager
    def claim(self, keys: Sequence[str]) -> Iterator[Claim]:
        """Yield a claim of those of ``keys`` that nobody has claimed; it is renewed until it ends.

        Raises BrokenCatalog where the server stays away.
        """
        holder, wanted = f"{uuid.uuid4().hex} {place()}", list(dict.fromkeys(keys))
        mine = self._take(holder, wanted)
        others = self._others([key for key in wanted if key not in mine])
        here = [row for row in others if row.holder.endswith(f" {place()}")]
        if gone := [row for row in here if not may_run(row.owner)]:
            self._give_up([row.key for row in gone], [row.holder for row in gone])
            mine |= self._take(holder, [row.key for row in gone])
        owners = {row.key: str(row.owner) for row in others}
        theirs = {key: owners.get(key, "another process") for key in wanted if key not in mine}
        with self._renewed(holder, sorted(mine)):
            yield Claim([key for key in wanted if key in mine], theirs)

    @contextmanager
    def _renewed(self, holder: str, keys: Sequence[str]) -> Iterator[None]:
        """Renew until the end, then give up; a server that is away meanwhile costs a lease at most."""
        if not keys:
            yield
            return
        ended, busy = threading.Event(), threading.Lock()

        def renew() -> None:
            while not ended.wait(LEASE_SECONDS / 3):
                with busy, suppress(SQLAlchemyError, TrimtabError):
                    if not ended.is_set():
                        self._take(holder, keys)

        threading.Thread(target=renew, name=f"claim {holder[:8]}", daemon=True).start()
        try:
            yield
        finally:
            ended.set()
            # what a server that stays away holds ends with its leases: to wait for it again frees nothing
            if not self._is_away:
                with busy, suppress(SQLAlchemyError, TrimtabError):
                    self._give_up(keys, [holder])

    def _take(self, holder: str, keys: Sequence[str]) -> set[str]:
        rows = self._ask(
            _TAKE, keys=list(keys), holder=holder, owner=name_of_this_process(), seconds=LEASE_SECONDS
        )
        return {str(row.key) for row in rows}

    def _others(self, keys: Sequence[str]) -> Sequence[Row[Any]]:
        return self._ask(_OTHERS, keys=list(keys)) if keys else []

    def _give_up(self, keys: Sequence[str], holders: Sequence[str]) -> None:
        self._ask(_GIVE_UP, keys=list(keys), holders=list(holders))

    def _ask(self, statement: TextClause, **values: object) -> Sequence[Row[Any]]:
        """The rows of a statement, which is safe to repeat where the server went away under it."""
        for attempt in range(_TRIES):
            with self._connected() as connection:
                try:
                    result = connection.execute(statement, values)
                    return result.all() if result.returns_rows else []
                except BrokenCatalog:
                    if attempt + 1 == _TRIES:
                        raise
        raise AssertionError("the last attempt returns or raises")

    def _connected(self) -> Connection:
        """A connection; raises BrokenCatalog where the server stays away, as for all that wait for one."""
        try:
            connection = self._engine.connect()
        except BrokenCatalog:
            self._is_away = True
            raise
        except TimeoutError as error:
            self._is_away = True
            raise BrokenCatalog(
                "the catalog's server is away, or all connections to it are in use: check that it runs, then "
                "run this again; what was committed is whole"
            ) from error
        self._is_away = False
        return connection

    @cached_property
    def _engine(self) -> Engine:
        """The catalog's, each statement a transaction; the table is made where it is missing."""
        engine = self._plain.execution_options(isolation_level="AUTOCOMMIT")
        # two that make a table at once are not made to wait by the server
        with agreed(self._plain, Path("claim")), engine.connect() as connection:
            connection.execute(_TABLE)
        return engine
