"""Checkpoints of a run: a list of its files makes one whole, and the newest whole one is gone on from."""

import json
import shutil
from pathlib import Path

from datasets_registry.state import durable, sync
from training.running import ranks

_WHOLE = "whole.json"


def mark_whole(checkpoint: Path) -> None:
    """Say that ``checkpoint`` is whole, once all of it is on disk: its files and their sizes."""
    files = [one for one in sorted(checkpoint.rglob("*")) if one.is_file()]
    for path in {*files, *(one.parent for one in files)}:
        sync(path)
    sizes = {str(one.relative_to(checkpoint)): one.stat().st_size for one in files}
    with durable(checkpoint / _WHOLE) as temporary:
        temporary.write_text(json.dumps(sizes, indent=2))


def last_checkpoint(folder: Path) -> str | None:
    """The newest whole checkpoint, the same in all processes; what a kill cut short is removed."""
    step = ranks.firsts(_last_whole_step(folder) if ranks.is_first() else 0)
    return str(folder / f"checkpoint-{step}") if step else None


def _last_whole_step(folder: Path) -> int:
    for step in sorted((_step(one) for one in folder.glob("checkpoint-*")), reverse=True):
        path = folder / f"checkpoint-{step}"
        if _is_whole(path):
            return step
        shutil.rmtree(path)
    return 0


def _step(checkpoint: Path) -> int:
    return int(checkpoint.name.split("-")[1])


def _is_whole(checkpoint: Path) -> bool:
    try:
        sizes = json.loads((checkpoint / _WHOLE).read_text())
        return all((checkpoint / name).stat().st_size == size for name, size in sizes.items())
    except (OSError, json.JSONDecodeError):
        return False
