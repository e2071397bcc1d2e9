"""vLLM: the backend for a GPU, and on a CPU several times the speed of transformers."""

import json
import logging
from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path

from datasets_registry.errors import BadInput, ModelFailed
from datasets_registry.hashing import digest, file_digest
from generation.engine import EngineSettings
from generation.models.folder import fingerprint
from generation.request import Completion, Request
from generation.vllm_offline.job import Adapter, Answer, Job
from generation.vllm_offline.process import EngineDied, EngineProcess

_log = logging.getLogger(__name__)


class VllmBackend:
    """A local model directory, or with ``adapted`` a LoRA adapter on it; loaded at the first request."""

    name = "vllm"

    def __init__(self, folder: Path, settings: EngineSettings) -> None:
        self.fingerprint = fingerprint(folder)
        self.engine = Engine(folder, settings)
        self._adapter: Adapter | None = None

    def adapted(self, folder: Path) -> "VllmBackend":
        """The adapter in ``folder`` over this base: a model of its own, in the same engine.

        Raises BadInput unless the adapter names this base by its fingerprint, as training does.
        """
        other = VllmBackend(self.engine.folder, self.engine.settings)
        identity = _adapter_digest(folder)
        _require_base(folder, self.engine.folder, other.fingerprint)
        other.fingerprint = digest([other.fingerprint, identity])
        other.engine = self.engine
        other._adapter = self.engine.adapter(folder, other.fingerprint)
        return other

    def complete(self, requests: Sequence[Request]) -> Iterator[tuple[int, Completion]]:
        """Yield completions as they finish; neighbours share what their prompts have in common.

        Raises BadInput where the model cannot read a request, and ModelFailed if the engine dies twice.
        """
        order = sorted(range(len(requests)), key=lambda index: _reading_order(requests[index]))
        jobs = [Job(index=index, request=requests[index], adapter=self._adapter) for index in order]
        for answer in self.engine.run(jobs):
            if answer.completion is None:
                raise BadInput(str(answer.bad_input))
            yield answer.index, answer.completion

    def close(self) -> None:
        """End the engine; all its memory is free when this returns."""
        self.engine.stop()


class Engine:
    """An engine process over one base: started when needed, kept full, replaced once if it dies."""

    def __init__(self, folder: Path, settings: EngineSettings) -> None:
        self.folder, self.settings = folder.resolve(), settings
        self._process: EngineProcess | None = None
        self._adapters: dict[str, Adapter] = {}
        self._max_lora_rank = 0

    @property
    def pid(self) -> int | None:
        """The running process, to measure its time and memory."""
        return self._process.pid if self._process else None

    def adapter(self, folder: Path, version: str) -> Adapter:
        """An adapter with its own number; the engine is restarted where its rank needs more room."""
        rank = int(json.loads((folder / "adapter_config.json").read_text())["r"])
        if rank > self._max_lora_rank:
            self.stop()
            self._max_lora_rank = rank
        number = len(self._adapters) + 1
        fresh = Adapter(number=number, version=version, folder=str(folder.resolve()))
        return self._adapters.setdefault(version, fresh)

    def run(self, jobs: Sequence[Job]) -> Iterator[Answer]:
        """Yield an answer per job as each finishes; raises ModelFailed if the engine dies twice."""
        waiting, running = deque(jobs), dict[int, Job]()
        deaths: list[str] = []
        try:
            while waiting or running:
                try:
                    answers = self._exchange(waiting, running)
                except EngineDied as death:
                    self.stop()
                    self._count(deaths, str(death))
                    waiting.extendleft(reversed(running.values()))
                    running.clear()
                    continue
                for answer in answers:
                    del running[answer.index]
                    yield answer
        finally:
            if running:
                self.stop()

    def _exchange(self, waiting: deque[Job], running: dict[int, Job]) -> list[Answer]:
        """Fill up what the engine has in hand, and a next job for every slot, and take what is done."""
        process = self._started()
        number = min(2 * self.settings.batch_size - len(running), len(waiting))
        jobs = [waiting.popleft() for _ in range(number)]
        running.update((job.index, job) for job in jobs)
        if jobs:
            process.send(jobs)
        return process.receive()

    def _started(self) -> EngineProcess:
        if self._process is None:
            self._process = EngineProcess(self.folder, self.settings, self._max_lora_rank)
            try:
                self._process.wait_until_ready()
            except EngineDied as death:
                self.stop()
                raise ModelFailed(f"vLLM did not start on {self.folder}: its process {death}") from None
        return self._process

    def _count(self, deaths: list[str], death: str) -> None:
        deaths.append(death)
        _log.warning("vLLM on %s died and is restarted: its process %s", self.folder, death)
        if len(deaths) == 2:
            raise ModelFailed(
                f"vLLM on {self.folder} died twice in one run: its process {death}. What was finished "
                "is saved: lower batch_size or max_model_len in the model's `engine`, and run again"
            )

    def stop(self) -> None:
        """End the process, if there is one."""
        if self._process is not None:
            self._process.stop()
            self._process = None


def _reading_order(request: Request) -> tuple[list[str], int]:
    return [message.content for message in request.messages], request.sample


def _require_base(adapter: Path, base: Path, identity: str) -> None:
    named = json.loads((adapter / "adapter_config.json").read_text()).get("base_model_name_or_path")
    if named != identity:
        raise BadInput(
            f"adapter {adapter} belongs to the base {named!r}, and {base} is {identity!r}: serve it on its "
            "own base, or serve its merged model"
        )


def _adapter_digest(folder: Path) -> str:
    weights, config = sorted(folder.glob("*.safetensors")), folder / "adapter_config.json"
    if not (weights and config.is_file()):
        raise BadInput(f"adapter directory {folder} has no adapter_config.json or no *.safetensors weights")
    return digest([[path.name, file_digest(path)] for path in (*weights, config)])
