"""The time of each stage of work that is killed and taken up again, added up in a file."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from datasets_registry.state import durable


class Clock:
    """Seconds by stage, in ``path``; a stage that is found again costs only what finding it takes."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.seconds: dict[str, float] = json.loads(path.read_text()) if path.is_file() else {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Add the time of the block to the stage, also where it fails."""
        begun = time.monotonic()
        try:
            yield
        finally:
            self.seconds[name] = self.seconds.get(name, 0.0) + time.monotonic() - begun
            with durable(self._path) as temporary:
                temporary.write_text(json.dumps(self.seconds))
