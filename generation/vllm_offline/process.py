"""The process that a vLLM engine runs in: started, spoken to, watched and ended."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from importlib.util import find_spec
from multiprocessing import Pipe
from pathlib import Path

from datasets_registry.errors import BadInput
from datasets_registry.state import REPOSITORY
from generation.engine import EngineSettings
from generation.vllm_offline.job import ANSWERS, JOBS, Answer, Job

START_SECONDS = 1800.0
SILENCE_SECONDS = 600.0
END_SECONDS = 30.0
ENVIRONMENT = {
    "VLLM_NO_USAGE_STATS": "1",
    "DO_NOT_TRACK": "1",
    "HF_HUB_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    # the engine already has a process of its own
    "VLLM_ENABLE_V1_MULTIPROCESSING": "0",
    # with several GPUs: a process that has initialised them must not fork
    "VLLM_WORKER_MULTIPROC_METHOD": "spawn",
}


class EngineDied(Exception):
    """The process ended by itself, or gave no sign of life."""


class EngineProcess:
    """A running engine; it ends with ``stop``, and by itself when this process is gone."""

    def __init__(self, folder: Path, settings: EngineSettings, max_lora_rank: int) -> None:
        if find_spec("vllm") is None:
            raise BadInput("backend 'vllm' needs vLLM, which is not installed: run `make vllm`")
        self._connection, other = Pipe()
        self._log = tempfile.TemporaryFile()  # noqa: SIM115, as it lives until stop()
        command = [
            sys.executable,
            "-m",
            "generation.vllm_offline.worker",
            str(other.fileno()),
            str(os.getpid()),
            str(folder),
            settings.model_dump_json(),
            str(max_lora_rank),
        ]
        self._process = subprocess.Popen(
            command,
            pass_fds=[other.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
            cwd=REPOSITORY,
            env=_environment(settings),
        )
        self.pid = self._process.pid
        other.close()

    def wait_until_ready(self) -> None:
        """Return when the model is loaded; raises EngineDied where it could not be."""
        self.receive(START_SECONDS)

    def send(self, jobs: Sequence[Job]) -> None:
        """Hand jobs over, which the process reads at once; raises EngineDied where it has ended."""
        try:
            self._connection.send_bytes(JOBS.dump_json(list(jobs)))
        except OSError:
            raise EngineDied(self._cause_of_death()) from None

    def receive(self, patience: float = SILENCE_SECONDS) -> list[Answer]:
        """The next answers, perhaps none; raises EngineDied when there can be no more."""
        deadline = time.monotonic() + patience
        try:
            while not self._connection.poll(1.0):
                if self._process.poll() is not None:
                    raise EngineDied(self._cause_of_death())
                if time.monotonic() > deadline:
                    self._process.kill()
                    raise EngineDied(f"gave no sign of life for {patience:.0f} s")
            return ANSWERS.validate_json(self._connection.recv_bytes())
        except (EOFError, OSError):
            raise EngineDied(self._cause_of_death()) from None

    def stop(self) -> None:
        """End the process and wait until its memory is free."""
        self._connection.close()
        try:
            self._process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._log.close()

    def _cause_of_death(self) -> str:
        code = self._process.wait(END_SECONDS)
        if code < 0:
            return f"was killed by signal {-code}, as happens when memory runs out"
        self._log.seek(0)
        lines = self._log.read().decode(errors="replace").split("\n")
        lines = [line.strip() for line in lines if line.strip()]
        return f"ended with code {code}: {lines[-1][:400] if lines else 'it wrote nothing'}"


def _environment(settings: EngineSettings) -> dict[str, str]:
    quiet = {"VLLM_LOGGING_LEVEL": os.environ.get("VLLM_LOGGING_LEVEL", "WARNING")}
    return os.environ | ENVIRONMENT | quiet | {"VLLM_CPU_KVCACHE_SPACE": str(settings.cpu_kv_cache_gb)}
