"""The registry as it is now: opened to read alone, and again once the catalog changed."""

import threading
from collections.abc import Callable

from datasets_registry.registry import Registry

Open = Callable[[], Registry]


class Opened:
    """The registry of each thread; one that only reads shows the versions of when it was opened."""

    def __init__(self, open_registry: Open) -> None:
        self._open = open_registry
        self._of_thread = threading.local()

    def now(self) -> Registry:
        """A registry that shows what is committed by now; raises as opening it does."""
        registry: Registry | None = getattr(self._of_thread, "registry", None)
        if registry is None or self._of_thread.seen != _marks(registry):
            if registry is not None:
                registry.engine.dispose()
            registry = self._open()
            self._of_thread.registry, self._of_thread.seen = registry, _marks(registry)
        return registry


def _marks(registry: Registry) -> tuple[tuple[int, int], ...]:
    """What changes with every commit into SQLite's file or the log beside it."""
    catalog = registry.state.catalog
    files = (catalog, catalog.with_name(f"{catalog.name}-wal"))
    stats = [file.stat() for file in files if file.exists()]
    return tuple((stat.st_size, stat.st_mtime_ns) for stat in stats)
