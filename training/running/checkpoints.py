"""Checkpoints: one is whole with a list of its files, and a run resumes from the newest whole one."""

import json
import shutil
from pathlib import Path

from datasets_registry.state import durable, sync
from training.running import ranks

_WHOLE = "whole.json"


def mark_whole(checkpoint: Path) -> None:
    """Mark ``checkpoint`` as whole, once all of it is on disk, by its files and their sizes."""
    files = [path for path in sorted(checkpoint.rglob("*")) if path.is_file()]
    for path in {*files, *(path.parent for path in files)}:
        sync(path)
    sizes = {str(path.relative_to(checkpoint)): path.stat().st_size for path in files}
    with durable(checkpoint / _WHOLE) as temporary:
        temporary.write_text(json.dumps(sizes, indent=2))


def last_checkpoint(folder: Path) -> str | None:
    """The newest whole checkpoint, the same in all processes; what a kill cut short is removed."""
    step = ranks.broadcast(_last_whole_step(folder) if ranks.is_first() else 0)
    return str(folder / f"checkpoint-{step}") if step else None


def _last_whole_step(folder: Path) -> int:
    for step in sorted((_step(path) for path in folder.glob("checkpoint-*")), reverse=True):
        checkpoint = folder / f"checkpoint-{step}"
        if _is_whole(checkpoint):
            return step
        shutil.rmtree(checkpoint)
    return 0


def _step(checkpoint: Path) -> int:
    return int(checkpoint.name.split("-")[1])


def _is_whole(checkpoint: Path) -> bool:
    try:
        sizes = json.loads((checkpoint / _WHOLE).read_text())
        return all((checkpoint / name).stat().st_size == size for name, size in sizes.items())
    except (OSError, json.JSONDecodeError):
        return False
