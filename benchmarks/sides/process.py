"""One side of a benchmark in a process of its own, with its time and its CPU time, engines included."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import psutil

from datasets_registry.state import REPOSITORY

QUIET = {
    "HF_HUB_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "DO_NOT_TRACK": "1",
    "VLLM_NO_USAGE_STATS": "1",
    "VLLM_LOGGING_LEVEL": "WARNING",
    "VLLM_CPU_KVCACHE_SPACE": "2",
    # the engine of the side that calls vLLM by itself shares that side's process
    "VLLM_ENABLE_V1_MULTIPROCESSING": "0",
}


@dataclass(frozen=True)
class Timing:
    """One repeat of one side."""

    seconds: float
    cpu_seconds: float
    tokens: int


class Side:
    """A process that answers each number it is sent; use it as a context."""

    def __init__(self, module: str, arguments: Sequence[str]) -> None:
        path = os.pathsep.join([str(REPOSITORY), os.environ.get("PYTHONPATH", "")])
        self._log = tempfile.TemporaryFile()  # noqa: SIM115, as it lives as long as the process
        self._process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            cwd=REPOSITORY,
            env=os.environ | QUIET | {"PYTHONPATH": path.rstrip(os.pathsep)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
        )

    def __enter__(self) -> "Side":
        self._answer()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()
        self._log.close()

    def run(self, seed: int) -> Timing:
        """Do the work once."""
        assert self._process.stdin is not None
        cpu, start = _cpu_seconds(self._process.pid), time.perf_counter()
        self._process.stdin.write(f"{seed}\n")
        self._process.stdin.flush()
        tokens = int(self._answer())
        seconds = time.perf_counter() - start
        return Timing(seconds, _cpu_seconds(self._process.pid) - cpu, tokens)

    def _answer(self) -> Any:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            self._log.seek(0)
            raise SystemExit(f"a side ended early:\n{self._log.read().decode(errors='replace')[-4000:]}")
        return json.loads(line)


def _cpu_seconds(pid: int) -> float:
    root = psutil.Process(pid)
    times = [process.cpu_times() for process in (root, *root.children(recursive=True))]
    return float(sum(used.user + used.system for used in times))


def smollm2() -> Path:
    """SmolLM2, converted once for the checkout."""
    from generation.models.smollm2 import convert
    from generation.models.sources import SMOLLM2

    return convert(REPOSITORY / ".trimtab" / "models" / SMOLLM2)
