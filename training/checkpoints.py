"""Checkpoints of a run: the newest whole one."""

import json
import shutil
from pathlib import Path


def last_checkpoint(folder: Path) -> str | None:
    """The newest whole checkpoint; one that a kill cut short is removed."""
    found = sorted(folder.glob("checkpoint-*"), key=lambda path: int(path.name.split("-")[1]))
    while found:
        path = found.pop()
        try:
            json.loads((path / "trainer_state.json").read_text())
            return str(path)
        except (OSError, json.JSONDecodeError):
            shutil.rmtree(path)
    return None
