"""The code paths of a card, on CPUs in bfloat16 with tiny models: python benchmarks/gpu_paths.py.

What needs a card itself is checked by python -m benchmarks.gpu_check.
"""

import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

# tiny models are quicker on one thread
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
# run as a file, this folder would hide the packages beside it
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.sides.figure import Figure, run
from benchmarks.sides.generation.templates import steady_templates
from benchmarks.sides.gpu.memory import estimated_memory
from benchmarks.sides.gpu.replicas import replica_speed
from benchmarks.sides.gpu.serving import served_updates
from benchmarks.sides.gpu.sharding import sharded_margins
from benchmarks.sides.gpu.steps import planned_steps
from benchmarks.sides.training.memory_of_runs import RUNS

STEPS, QUICK_STEPS = 12, 8
REPEATS = 3


def measure(quick: bool) -> Sequence[Figure]:
    """Each path in a folder of its own; the quick version takes fewer steps, models and repeats."""
    repeats = 1 if quick else REPEATS
    with tempfile.TemporaryDirectory(prefix="trimtab-gpu-paths-") as folder:
        root = Path(folder)
        return [
            *served_updates(root / "serving"),
            *sharded_margins(root / "sharding", QUICK_STEPS if quick else STEPS),
            *steady_templates(root / "templates"),
            *planned_steps(),
            *estimated_memory(root / "memory", [*RUNS][:1] if quick else [*RUNS], repeats),
            *replica_speed(root / "replicas", repeats),
        ]


if __name__ == "__main__":
    run(measure, __doc__)
