"""Locks that reach as far as the catalog: a file's lock for SQLite, the server's own for PostgreSQL."""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from datasets_registry.errors import BrokenCatalog
from datasets_registry.state import locked

# between looks: in the server's own queue whoever waits for all of a lock keeps others from sharing it
SHORTEST_PAUSE, LONGEST_PAUSE = 0.02, 0.5
# a machine that is dead is noticed within a minute, and a lock that is held long is not taken for idle
_SETTINGS = text("""
    SELECT set_config(name, wanted.value, false) FROM pg_settings JOIN (VALUES
        ('tcp_keepalives_idle', '30'), ('tcp_keepalives_interval', '10'), ('tcp_keepalives_count', '3'),
        ('idle_session_timeout', '0')
    ) AS wanted (name, value) USING (name)
""")
# of this catalog alone: a database may have several, each in a schema
_TAKE = "SELECT pg_try_advisory_lock{} (hashtextextended(current_schema() || '.trimtab.' || :name, 0))"


class Held:
    """A lock, which is false where it was not free."""

    def __init__(self, ours: bool, session: Connection | None = None) -> None:
        self._ours, self._session = ours, session

    def __bool__(self) -> bool:
        return self._ours

    def require(self) -> None:
        """Raise BrokenCatalog where it was lost since, as a server's locks are where that ends a session."""
        if self._session is not None:
            self._session.execute(text("SELECT 1"))


def reaches_machines(engine: Engine) -> bool:
    """Whether several machines may share the catalog."""
    return engine.dialect.name == "postgresql"


@contextmanager
def agreed(engine: Engine, path: Path, *, wait: bool = True, shared: bool = False) -> Iterator[Held]:
    """Hold the lock ``path``; without ``wait`` it may be in others' hands.

    Several processes may hold it ``shared``. Where the catalog is PostgreSQL, the lock is an advisory one
    of the path's name: it holds for every machine, and ends with the process or its session. Raises as
    ``locked`` does, and BrokenCatalog where the server stays away.
    """
    if not reaches_machines(engine):
        with locked(path, wait=wait, shared=shared) as ours:
            yield Held(ours)
        return
    session = engine.connect().execution_options(isolation_level="AUTOCOMMIT")
    try:
        # of the lock's own: to close it gives the lock up, whatever became of either
        session.detach()
        session.execute(_SETTINGS)
        pause = SHORTEST_PAUSE
        while not (ours := _taken(session, path.name, shared=shared)) and wait:
            time.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)
        yield Held(ours, session)
    finally:
        with suppress(DBAPIError, BrokenCatalog):
            session.close()


def _taken(session: Connection, name: str, *, shared: bool) -> bool:
    take = text(_TAKE.format("_shared" if shared else ""))
    return bool(session.execute(take, {"name": name}).scalar())
