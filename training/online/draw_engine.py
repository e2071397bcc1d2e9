"""The engine process that draws for one process of a trainer, on the same card."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import wait

from datasets_registry.errors import ModelFailed
from generation.request import Message, Request, SamplingParams
from generation.vllm_offline.job import Adapter, Answer, Drawn, Draws, Job
from generation.vllm_offline.process import EngineDied, EngineProcess, Start

REMEDY = (
    "Run it again: it goes on from its last checkpoint; lower sampler_engine.batch_size, or "
    "sampler_engine.gpu_memory_utilization where the trainer needs the memory"
)
# draws begin after token ids
NO_MESSAGES = (Message(role="user", content=""),)

_log = logging.getLogger(__name__)


@dataclass
class DrawEngine:
    """A process that ``begin`` describes; ``title`` is the run's, for messages.

    The trainer's own run has the card's lock, under which the engine stands too.
    """

    title: str
    begin: Start
    process: EngineProcess | None = field(default=None, init=False)

    def start(self) -> EngineProcess:
        """The process with its model loaded, which may have to be started.

        Raises ModelFailed where it cannot be.
        """
        if self.process is None:
            self.process = EngineProcess(self.begin)
            try:
                while self.process.slots is None:
                    self._listen(self.process)
            except EngineDied as death:
                self.stop()
                raise ModelFailed(
                    f"{self.title}: vLLM did not start beside the trainer: its process {death}. {REMEDY}"
                ) from None
        return self.process

    def draw(self, draws: Draws, params: SamplingParams, adapter: Adapter | None) -> Sequence[Drawn]:
        """The samples, in the order of their prompts; an engine that dies is started once more.

        Raises ModelFailed where it dies again, or refuses a prompt.
        """
        job = Job(index=0, request=Request(messages=NO_MESSAGES, params=params), draws=draws, adapter=adapter)
        try:
            found = self._asked(job)
        except EngineDied as death:
            _log.warning(
                "%s: the engine that samples died and is restarted: its process %s", self.title, death
            )
            self.stop()
            found = self._asked_again(job)
        refused = next((sample.error for sample in found if sample.error is not None), None)
        if refused is not None:
            raise ModelFailed(f"{self.title}: a sample could not be drawn: {refused}")
        return found

    def stop(self) -> None:
        """End the process, if there is one; all its memory is free when this returns."""
        if self.process is not None:
            self.process.stop()
            self.process = None

    def _asked_again(self, job: Job) -> Sequence[Drawn]:
        try:
            return self._asked(job)
        except EngineDied as death:
            self.stop()
            raise ModelFailed(
                f"{self.title}: the engine that samples died twice in one step: its process {death}. {REMEDY}"
            ) from None

    def _asked(self, job: Job) -> Sequence[Drawn]:
        process = self.start()
        process.send([job])
        while True:
            for answer in self._listen(process):
                return answer.drawn or ()

    @staticmethod
    def _listen(process: EngineProcess) -> Sequence[Answer]:
        """What the process says within a second; raises EngineDied where it cannot say anything more."""
        if wait([process.connection], 1.0):
            return process.receive()
        process.require_alive()
        return ()
