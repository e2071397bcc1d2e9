"""A run that records what it asks of its backend: python -m benchmarks.sides.generation.recorded_run JSON."""

import importlib
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from datasets_registry.state import State
from generation.completer import Completer
from generation.engine import EngineSettings
from generation.ledger import ledger as ledger_module
from generation.ledger.ledger import Ledger
from generation.request import Backend, Completion, Message, Request, SamplingParams


class RecordedRun(BaseModel):
    """What the run completes, with which backend, and where it keeps it."""

    model_config = ConfigDict(frozen=True)

    opening: str = "benchmarks.sides.generation.recorded_run:open_tiny"
    argument: str
    ledger: Path
    asked: Path
    numbers: tuple[int, ...]
    flush_seconds: float = 0.1
    rollouts: bool = False
    shared: bool = False
    at_once: int = 1_000_000

    @property
    def kept(self) -> Ledger:
        """The ledger: that of the folder alone, or one that is shared through the environment's bucket."""
        return Ledger.of(State(self.ledger.parent)) if self.shared else Ledger(self.ledger)

    @property
    def requests(self) -> list[Request]:
        """One request per number, of different lengths."""
        return [
            Request(
                messages=(Message(role="user", content=f"Say something about {number}."),),
                params=SamplingParams(max_tokens=4 + number % 29),
                seed=number,
            )
            for number in self.numbers
        ]

    def work(self, complete: Completer) -> None:
        """Complete the requests, or draw rollouts of as many solutions in rounds."""
        if self.rollouts:
            from benchmarks.sides.generation.recorded_rollouts import draw

            draw(self.numbers, complete)
        else:
            requests = self.requests
            for first in range(0, len(requests), self.at_once):
                complete("x", requests[first : first + self.at_once])

    def open_backend(self) -> Backend:
        """The backend that ``opening`` (module:function) makes of ``argument``."""
        module, function = self.opening.split(":")
        backend: Backend = getattr(importlib.import_module(module), function)(self.argument)
        return backend


def open_tiny(folder: str) -> Backend:
    """The transformers backend on a model folder."""
    from generation.transformers_local.backend import TransformersBackend

    return TransformersBackend(Path(folder), EngineSettings(batch_size=8))


class Recorded:
    """A backend that appends ``process key`` to a file for everything that it is asked."""

    def __init__(self, backend: Backend, asked: Path) -> None:
        self._backend, self._asked = backend, asked
        self.name, self.fingerprint = backend.name, backend.fingerprint

    def complete(self, requests: Sequence[Request]) -> Iterator[tuple[int, Completion]]:
        """Write down, then complete."""
        lines = [f"{os.getpid()} {request.key(self.fingerprint)}\n" for request in requests]
        with self._asked.open("a") as file:
            file.write("".join(lines))
        for number, completed in enumerate(self._backend.complete(requests)):
            if number == 0:
                print("begun", flush=True)
            yield completed

    def close(self) -> None:
        """Release the backend."""
        self._backend.close()


def main() -> None:
    """Do the run's work through the ledger, flushing often."""
    run = RecordedRun.model_validate_json(sys.argv[1])
    ledger_module.FLUSH_SECONDS = run.flush_seconds
    ledger_module.FLUSH_COMPLETIONS = 20
    backend = Recorded(run.open_backend(), run.asked)
    run.work(Completer(backend, run.kept, asset="faults", report=lambda _: None))


if __name__ == "__main__":
    main()
