"""A trainer that learns nothing, to see how processes begin and end.

It runs by ``python -m tests.training.light --config run.json``, or several times under the launcher.
"""

import os
import sys
import time
from pathlib import Path
from threading import Event, Thread
from typing import Literal

from datasets_registry.errors import ModelFailed
from training.running import ranks
from training.running.memory import halving, micro_batch
from training.running.process import Report
from training.running.run import main
from training.settings.learning import TrainingSettings
from training.settings.run import RunConfig, read_config


class LightSettings(TrainingSettings):
    """And what becomes of its last process."""

    fate: Literal["done", "short of memory", "fails", "breaks", "sleeps", "lingers"] = "done"


def light(path: Path, report: Report) -> None:
    """Say which process this is, and meet the fate that the settings say; short of memory at first alone."""
    config = read_config(RunConfig[LightSettings], path)
    settings, now = config.settings, micro_batch(config, config.settings)
    rank = os.environ.get("RANK", "0")
    path.with_name(f"pid-{rank}").write_text(str(os.getpid()))
    report(f"{config.name}: {now.size} rows at once, process {rank}")
    is_last = int(rank) == ranks.processes() - 1
    if settings.fate == "fails" and is_last:
        raise ModelFailed(f"process {rank} of {config.name} is out of luck")
    if settings.fate == "breaks" and is_last:
        raise ZeroDivisionError(f"by\x1b[31m zero\nin process {rank}")
    if settings.fate == "short of memory" and now.size == settings.batch_size:
        with halving(config, settings):
            if is_last:
                raise MemoryError
        # the others lose their connection to it
        while micro_batch(config, settings) == now:
            time.sleep(0.05)
        sys.exit(1)
    if settings.fate in ("fails", "breaks", "sleeps"):
        time.sleep(600)
    if settings.fate == "lingers":
        # as a library's thread that waits for what never comes
        Thread(target=Event().wait).start()
    path.with_name(f"done-{rank}").write_text(str(now.size))


if __name__ == "__main__":
    main(light, __doc__)
