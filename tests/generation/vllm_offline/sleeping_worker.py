"""An engine's process that sleeps in place of a model: SLEEPING_STEP_SECONDS a step, a token of each a step.

It has what a process of vLLM has, a start and steps that take time, and answers by the request alone.
Messages that begin with one of these words ask for something else: ``card`` for the cards it sees, ``lose``
for a card that is lost, ``die`` for an exit.
"""

import os
import sys
import time
from pathlib import Path

from generation.engine import BATCH_SIZE, EngineSettings
from generation.request import Completion
from generation.vllm_offline.job import Answer, Job
from generation.vllm_offline.serving import main

STEP_SECONDS = float(os.environ.get("SLEEPING_STEP_SECONDS", "0.01"))
MODULE = "tests.generation.vllm_offline.sleeping_worker"


class SleepingWorker:
    """Jobs that take as many steps as they ask for tokens."""

    def __init__(self, folder: Path, settings: EngineSettings, max_lora_rank: int) -> None:
        self.slots = settings.batch_size or BATCH_SIZE
        self._left: dict[int, tuple[Job, int]] = {}

    @property
    def busy(self) -> bool:
        """Whether there are jobs."""
        return bool(self._left)

    def prepare(self, job: Job) -> Job | Answer:
        """The job, unless it is another wish."""
        word = job.request.messages[-1].content.partition(" ")[0]
        if word == "card":
            shown = os.environ.get("CUDA_VISIBLE_DEVICES", "all")
            return Answer(index=job.index, completion=Completion(text=shown, finish_reason="stop"))
        if (
            word == "lose"
            and os.environ.get("CUDA_VISIBLE_DEVICES") == job.request.messages[-1].content.split()[1]
        ):
            print("RuntimeError: CUDA error: unspecified launch failure", file=sys.stderr)
            print("what comes last is of no use", file=sys.stderr, flush=True)
            os._exit(1)
        if word == "die":
            os._exit(13)
        return job

    def begin(self, prepared: Job) -> Answer | None:
        """Take a job in."""
        request = prepared.request
        self._left[prepared.index] = prepared, 1 if request.choices else request.params.max_tokens
        return None

    def step(self) -> list[Answer]:
        """Sleep, and give each of the first jobs a token."""
        time.sleep(STEP_SECONDS)
        for index in list(self._left)[: self.slots]:
            job, left = self._left[index]
            self._left[index] = job, left - 1
        done = [job for job, left in self._left.values() if left == 0]
        for job in done:
            del self._left[job.index]
        return [Answer(index=job.index, completion=answer(job)) for job in done]


def answer(job: Job) -> Completion:
    """What follows from the request and the adapter alone."""
    choices, number = job.request.choices, job.request.params.max_tokens
    if choices:
        even = (1 / len(choices),) * len(choices)
        return Completion(finish_reason="choice", choice_probabilities=even, outside_probability=0)
    served = job.adapter.version[:8] if job.adapter else "base"
    return Completion(
        text=f"{job.request.noise_key[:12]} of {served}", finish_reason="stop", num_completion_tokens=number
    )


if __name__ == "__main__":
    main(SleepingWorker)
