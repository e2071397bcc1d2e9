"""Locks between machines: advisory locks of PostgreSQL, which end with the session of whoever holds them."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, text

from datasets_registry.hashing import derive_seed

# between looks; nobody waits in the server, as a waiting collector would keep writers from sharing
SHORTEST, LONGEST = 0.02, 0.5


@contextmanager
def advisory_lock(engine: Engine, name: str, *, shared: bool = False) -> Iterator[Callable[[], None]]:
    """Hold the lock ``name`` of the catalog's database; several sessions may hold it ``shared``.

    What is yielded, and the end, raise BrokenCatalog where the session was lost, and with it the lock.
    """
    ending, key = "_shared" if shared else "", derive_seed("advisory", name)
    with _session(engine) as connection:

        def require_held() -> None:
            connection.execute(text("SELECT 1"))

        pause = SHORTEST
        while not connection.scalar(text(f"SELECT pg_try_advisory_lock{ending}(:key)"), {"key": key}):
            time.sleep(pause)
            pause = min(2 * pause, LONGEST)
        yield require_held
        connection.execute(text(f"SELECT pg_advisory_unlock{ending}(:key)"), {"key": key})


@contextmanager
def _session(engine: Engine) -> Iterator[Connection]:
    """A connection of its own, which no pool gives to somebody else with a lock on it."""
    with engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT")
        try:
            yield connection
        except BaseException:
            connection.invalidate()
            raise
