"""Patience with a catalog's server that is away for a moment, as while it is started again."""

import time
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection, Dialect
from sqlalchemy.pool import ConnectionPoolEntry

from datasets_registry.errors import BrokenCatalog, first_line

PATIENCE_SECONDS = 60.0
_PAUSE_SECONDS = 0.2


class Patience:
    """Waits for a server that was there before; one that never was is an error at once."""

    def __init__(self) -> None:
        self._seen = False

    def connect(
        self, dialect: Dialect, _: ConnectionPoolEntry | None, arguments: list[Any], options: dict[str, Any]
    ) -> DBAPIConnection:
        """Raises BrokenCatalog where the server stays away."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                connection = dialect.connect(*arguments, **options)
            except dialect.loaded_dbapi.OperationalError as error:
                if not self._seen:
                    raise
                if time.monotonic() > deadline:
                    raise BrokenCatalog(_away(error)) from error
                time.sleep(_PAUSE_SECONDS)
            else:
                self._seen = True
                return connection


def patient(engine: Engine) -> Engine:
    """``engine``, which outlives a restart of its server."""
    event.listen(engine, "do_connect", Patience().connect)
    return engine


def _away(error: Exception) -> str:
    return (
        f"the catalog's server has been away for {PATIENCE_SECONDS:.0f} s ({first_line(error)}): start it "
        "and run again; completions that were generated are kept"
    )
