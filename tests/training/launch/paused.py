"""SFT that stays in its first checkpoint for whoever kills it: python -m tests.training.launch.paused"""

import os
import time
from pathlib import Path

from training.running import callbacks
from training.running.checkpoints import mark_whole
from training.running.run import main
from training.sft import sft

HELD = "held"
HELD_SECONDS = 60


def stay(checkpoint: Path) -> None:
    """Save the checkpoint, and the first time leave this process's id beside the config and do no more."""
    mark_whole(checkpoint)
    held = checkpoint.parents[2] / HELD
    if not held.exists():
        held.with_suffix(".part").write_text(str(os.getpid()))
        held.with_suffix(".part").rename(held)
        time.sleep(HELD_SECONDS)
        raise TimeoutError("nobody killed this process")


if __name__ == "__main__":
    callbacks.mark_whole = stay  # type: ignore[attr-defined]
    main(sft, __doc__)
