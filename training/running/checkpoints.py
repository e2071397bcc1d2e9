"""Checkpoints: when one is due, which are whole, and which a run resumes from."""

import json
import shutil
import time
from collections.abc import Callable
from pathlib import Path

from datasets_registry.state import durable, sync
from training.running import ranks

# of a run's folder
FOLDER = "checkpoints"
_WHOLE = "whole.json"
# of a run's time, the most that its checkpoints may take
SHARE = 0.05


class Spacing:
    """When a checkpoint is due: ``minutes`` after the last, or later where they would take more than SHARE.

    What one takes is measured on the last. With 0 minutes one is due at every step, whatever it takes.
    """

    def __init__(self, minutes: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._least, self._clock = 60 * minutes, clock
        self._saved = self._begun = clock()
        self.cost = 0.0

    @property
    def seconds(self) -> float:
        """From the end of a checkpoint to the beginning of the next."""
        return max(self._least, self.cost * (1 / SHARE - 1)) if self._least else 0.0

    def is_due(self) -> bool:
        """Whether to write one now."""
        return self._clock() - self._saved >= self.seconds

    def begin(self) -> None:
        """One is being written."""
        self._begun = self._clock()

    def end(self) -> None:
        """It is on disk."""
        self._saved = self._clock()
        self.cost = self._saved - self._begun


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


def newest_of(output: Path) -> int:
    """When a run's newest whole checkpoint was written, in ns since 1970; 0 where it has none."""
    marks = output.glob(f"{FOLDER}/*/checkpoint-*/{_WHOLE}")
    return max((mark.stat().st_mtime_ns for mark in marks), default=0)


def are_others(folder: Path) -> bool:
    """Whether there are checkpoints beside ``folder``, which another run of the same output left."""
    return folder.parent.is_dir() and any(path != folder for path in folder.parent.iterdir())


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
