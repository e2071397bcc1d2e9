"""Engine replicas that sleep in place of a model: how much faster four are than one."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.sides.figure import Figure, repeated
from generation.engine import EngineSettings
from generation.vllm_offline.backend import VllmBackend
from generation.vllm_offline.kept import KeptEngines
from tests.generation.known_model import ask
from tests.generation.vllm_offline.sleeping_worker import MODULE
from tests.tiny_model import write_tiny_model

REPLICAS, JOBS, TOKENS, SLOTS = 4, 160, 5, 4
STEP_SECONDS = 0.05


def replica_speed(folder: Path, repeats: int) -> Iterator[Figure]:
    """The ratio of the times of one replica and four, starts left out."""
    os.environ |= {"SLEEPING_STEP_SECONDS": str(STEP_SECONDS), "TRIMTAB_HOME": str(folder / "state")}
    model = write_tiny_model(folder / "model")
    ratios = [_seconds(model, 1) / _seconds(model, REPLICAS) for _ in range(repeats)]
    yield repeated("four engine replicas / one, requests in a second", ratios, "x", ">= 3.8")


def _seconds(model: Path, replicas: int) -> float:
    settings = EngineSettings(replicas=replicas, batch_size=SLOTS)
    engines = KeptEngines(MODULE)
    backend = VllmBackend(model, settings, engines=engines)
    requests = [ask(f"Tell me story {place}.", max_tokens=TOKENS) for place in range(JOBS)]
    try:
        # each replica is started by its first jobs
        assert len(dict(backend.complete(requests[: 4 * replicas]))) == 4 * replicas
        begun = time.perf_counter()
        assert len(dict(backend.complete(requests))) == JOBS
        return time.perf_counter() - begun
    finally:
        engines.close()
