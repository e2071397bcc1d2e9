"""Logs of engines' processes: one file for each start in the state's runs folder, the latest ones kept."""

import os
import time
from itertools import count
from pathlib import Path

from datasets_registry.state import State

MOST_LOGS = 40
_NUMBERS = count(1)


def new_log(title: str) -> Path:
    """An empty file for a start of the engine ``title``; the oldest of too many are removed."""
    folder = State().runs / "engines"
    folder.mkdir(parents=True, exist_ok=True)
    earlier = sorted(folder.glob("*.log"), key=lambda path: path.name)
    for path in earlier[: max(0, len(earlier) - MOST_LOGS + 1)]:
        path.unlink(missing_ok=True)
    moment = time.strftime("%Y%m%d-%H%M%S", time.gmtime())
    fresh = folder / f"{moment}-{os.getpid()}-{next(_NUMBERS):03d}-{title}.log"
    fresh.touch()
    return fresh
