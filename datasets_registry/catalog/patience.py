"""Patience with a catalog's server that is away for a moment, as while it is started again."""

import time
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection, Dialect, ExceptionContext
from sqlalchemy.exc import OperationalError
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

    def say(self, context: ExceptionContext) -> BrokenCatalog | None:
        """The sentence where the server went away under a statement; other errors stay what they are."""
        lost = isinstance(context.sqlalchemy_exception, OperationalError) and context.is_disconnect
        if not self._seen or not lost or context.is_pre_ping:
            return None
        return BrokenCatalog(
            f"the catalog's server went away ({first_line(context.original_exception)}): check that it runs, "
            "then run this again; what was committed is whole"
        )


def patient(engine: Engine) -> Engine:
    """``engine``, which outlives a restart of its server."""
    patience = Patience()
    event.listen(engine, "do_connect", patience.connect)
    event.listen(engine, "handle_error", patience.say)
    return engine


def _away(error: Exception) -> str:
    return (
        f"the catalog's server has been away for {PATIENCE_SECONDS:.0f} s ({first_line(error)}): start it "
        "and run again; what was committed is whole, and what was generated is kept"
    )
