"""The process that a vLLM engine runs in: started, spoken to, watched and ended."""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from multiprocessing import Pipe
from pathlib import Path

from datasets_registry.errors import BadInput
from datasets_registry.state import REPOSITORY
from generation.cards.visible import Card, visible_cards
from generation.engine import EngineSettings
from generation.vllm_offline.deaths import cause_of_death
from generation.vllm_offline.job import ANSWERS, JOBS, READY, Answer, Job
from generation.vllm_offline.logs import new_log

WORKER = "generation.vllm_offline.worker"
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


_LAUNCH = (
    "RANK",
    "LOCAL_RANK",
    "WORLD_SIZE",
    "LOCAL_WORLD_SIZE",
    "GROUP_",
    "ROLE_",
    "MASTER_",
    "TORCHELASTIC_",
)


class EngineDied(Exception):
    """The process ended by itself, or gave no sign of life."""


@dataclass(frozen=True)
class Start:
    """What a process is started with; ``worker`` is the module that it runs.

    ``place`` is the replica's among ``num_replicas``, ``cards`` are its own, and ``locks`` the open files
    that keep other runs away from them for as long as the process lives.
    """

    folder: Path
    settings: EngineSettings
    max_lora_rank: int = 0
    worker: str = WORKER
    place: int = 0
    num_replicas: int = 1
    cards: tuple[Card, ...] = ()
    locks: tuple[int, ...] = ()


class EngineProcess:
    """A running engine; it ends with ``stop``, and by itself when this process is gone."""

    def __init__(self, start: Start) -> None:
        if start.worker == WORKER and find_spec("vllm") is None:
            raise BadInput("backend 'vllm' needs vLLM, which is not installed: run `make vllm`")
        self.connection, other = Pipe()
        # how many sequences it decodes at once; known when the model is loaded
        self.slots: int | None = None
        self._cards, self._heard = start.cards, time.monotonic()
        self._log = new_log(f"{start.folder.name}-{start.place}")
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", start.worker, *_arguments(start, other.fileno())],
                pass_fds=[other.fileno(), *start.locks],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=REPOSITORY,
                env=_environment(start),
            )
        self.pid = self._process.pid
        other.close()

    def send(self, jobs: Sequence[Job]) -> None:
        """Hand jobs over, which the process reads at once; raises EngineDied where it has ended."""
        self._heard = time.monotonic()
        try:
            self.connection.send_bytes(JOBS.dump_json(list(jobs)))
        except OSError:
            raise EngineDied(self._cause_of_death()) from None

    def receive(self) -> list[Answer]:
        """The next answers, perhaps none; raises EngineDied when there can be no more."""
        try:
            message = self.connection.recv_bytes()
        except (EOFError, OSError):
            raise EngineDied(self._cause_of_death()) from None
        self._heard = time.monotonic()
        if self.slots is None:
            self.slots = READY.validate_json(message)
            return []
        return ANSWERS.validate_json(message)

    def require_alive(self) -> None:
        """Raise EngineDied where the process has ended, or said nothing for too long."""
        if self._process.poll() is not None:
            raise EngineDied(self._cause_of_death())
        patience = START_SECONDS if self.slots is None else SILENCE_SECONDS
        if time.monotonic() - self._heard > patience:
            self._process.kill()
            raise EngineDied(f"gave no sign of life for {patience:.0f} s (its log is {self._log})")

    def stop(self) -> None:
        """End the process and wait until its memory is free; one that still loads has nothing to lose."""
        self.close()
        if self.slots is None:
            self._process.kill()
        try:
            self._process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def close(self) -> None:
        """Let the process end, without waiting for it."""
        self.connection.close()

    def _cause_of_death(self) -> str:
        try:
            code = self._process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return f"closed its connection and did not end (its log is {self._log})"
        return cause_of_death(code, self._log, self._cards, visible_cards())


def _arguments(start: Start, connection: int) -> list[str]:
    return [
        str(connection),
        str(os.getpid()),
        str(start.folder),
        start.settings.model_dump_json(),
        str(start.max_lora_rank),
    ]


def _environment(start: Start) -> dict[str, str]:
    own = {
        "VLLM_LOGGING_LEVEL": os.environ.get("VLLM_LOGGING_LEVEL", "INFO"),
        "VLLM_CPU_KVCACHE_SPACE": str(start.settings.cpu_kv_cache_gb),
    }
    if start.num_replicas > 1 and start.cards:
        own["CUDA_VISIBLE_DEVICES"] = ",".join(card.uuid for card in start.cards)
    if start.place > 0:
        # compiled kernels are written to one place by every process: replicas would overwrite each other's
        shared = os.environ.get("VLLM_CACHE_ROOT", str(Path.home() / ".cache" / "vllm"))
        own["VLLM_CACHE_ROOT"] = f"{shared}/replica-{start.place}"
    # a launcher tells its processes how to meet: an engine would wait for others that are not there
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(_LAUNCH)}
    return inherited | ENVIRONMENT | own
