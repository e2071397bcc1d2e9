"""A backend of a plug-in that sleeps in place of a model, and answers by the request alone.

``SLEEPING_SECONDS`` is a step's time, ``max_tokens`` a request's number of steps. A message that begins with
``die`` ends the process, one with ``unread`` is refused, one with ``skip`` never answered, and
``where`` asks for the model's base. ``hold PATH`` begins when that file is there.
"""

import os
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from datasets_registry.errors import BadInput
from generation.engine import BATCH_SIZE, EngineSettings
from generation.models.folder import fingerprint
from generation.request import Completion, Request

STEP_SECONDS = float(os.environ.get("SLEEPING_SECONDS", "0.01"))
NAME = f"{__name__}:sleeping"


class SleepingBackend:
    """Decodes ``batch_size`` requests at once."""

    name = "sleeping"

    def __init__(self, folder: Path, settings: EngineSettings, base: Path | None = None) -> None:
        self.fingerprint, self._base = fingerprint(folder), base
        self._slots = settings.batch_size or BATCH_SIZE

    def complete(self, requests: Sequence[Request]) -> Iterator[tuple[int, Completion]]:
        """Answers as they end."""
        return self.complete_fed(requests, list)

    def complete_fed(
        self, requests: Sequence[Request], more: Callable[[], Sequence[Request]]
    ) -> Iterator[tuple[int, Completion]]:
        """The same, while more come."""
        waiting, number = list(enumerate(requests)), len(requests)
        running: dict[int, tuple[Request, int]] = {}
        while waiting or running:
            while waiting and len(running) < self._slots:
                index, request = waiting.pop(0)
                if not request.messages[-1].content.startswith("skip"):
                    running[index] = self._begun(request), request.params.max_tokens
            time.sleep(STEP_SECONDS)
            running = {index: (each, left - (not held(each))) for index, (each, left) in running.items()}
            for index in [index for index, (_, left) in running.items() if left <= 0]:
                yield index, self._answer(running.pop(index)[0])
                fresh = more()
                waiting += enumerate(fresh, start=number)
                number += len(fresh)

    def close(self) -> None:
        """Nothing is held."""

    def _begun(self, request: Request) -> Request:
        word = request.messages[-1].content.partition(" ")[0]
        if word == "die":
            os._exit(13)
        if word == "unread":
            raise BadInput("the model reads no such thing")
        return request

    def _answer(self, request: Request) -> Completion:
        asks = request.messages[-1].content == "where"
        text = f"{self.fingerprint[:8]} over {self._base}" if asks else answer(request)
        number = request.params.max_tokens
        return Completion(text=text, finish_reason="stop", num_completion_tokens=number)


def held(request: Request) -> bool:
    """Whether it waits for a file."""
    word, _, path = request.messages[-1].content.partition(" ")
    return word == "hold" and not Path(path).exists()


def answer(request: Request) -> str:
    """The text that any replica gives."""
    return f"{request.noise_key[:12]} é🌍"


BACKENDS = {"sleeping": SleepingBackend}
