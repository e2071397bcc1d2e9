"""A replica: another backend in a process of a node, which answers in handfuls what it is given."""

import os
import socket
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Protocol

from pydantic import TypeAdapter

from datasets_registry.errors import BadInput, ModelFailed, TrimtabError
from generation.engine import EngineSettings
from generation.ray_cluster.dispatch import Answer, Numbered
from generation.ray_cluster.model_files import ModelFiles
from generation.renderer import renderer
from generation.request import Backend, Feeds, Request

# answers that are sent together, and how long the first of them waits
HANDFUL, HANDFUL_SECONDS = 32, 0.5
# what Ray sends with a call, under 100 kB, costs the driver less than what it has to fetch
HANDFUL_CHARACTERS = 80_000
# requests as they are sent: as JSON they cost the driver a fifth of what they cost as pickled objects
NUMBERED = TypeAdapter(list[Numbered])


class OpenInner(Protocol):
    """Opens a backend by name, as ``generation.backends.open_backend``."""

    def __call__(
        self, name: str, folder: Path, settings: EngineSettings, base: Path | None = None, *, keep: bool
    ) -> Backend:
        """The backend; nothing is loaded yet."""


@dataclass(frozen=True)
class Opening:
    """The backend that each replica is, how it is opened and ended, and where the driver's state is."""

    inner: str
    settings: EngineSettings
    open_backend: OpenInner
    close_kept: Callable[[], None]
    environment: Mapping[str, str]


@dataclass(frozen=True)
class Place:
    """Where a replica is, and what renders prompts there."""

    node: str
    pid: int
    renderer: str


@dataclass(frozen=True)
class Failure:
    """Why a replica goes on no more; ``refused`` where no other could do better."""

    sentence: str
    refused: bool


class Replica:
    """The actor; one thread works, one call streams what comes of it, and others bring more."""

    def __init__(self, opening: Opening) -> None:
        self._opening = opening
        self._backends: dict[str, Backend] = {}
        self._given: SimpleQueue[tuple[ModelFiles, Sequence[Numbered]]] = SimpleQueue()
        self._came: SimpleQueue[Answer | Failure] = SimpleQueue()
        self._num_open, self._counting = 0, threading.Lock()

    def ready(self) -> Place:
        """Where it is, now that it can be given requests."""
        os.environ.update(self._opening.environment)
        _keep_kernels_apart()
        threading.Thread(target=self._work, daemon=True).start()
        return Place(socket.gethostname(), os.getpid(), renderer())

    def give(self, model: ModelFiles, packed: bytes) -> None:
        """Take requests, which are begun beside those that are in hand."""
        try:
            requests = NUMBERED.validate_json(packed)
        except ValueError as error:
            # nobody waits for what this call returns
            self._came.put(Failure(f"a replica cannot read requests: {error!s:.1000}", refused=True))
            return
        with self._counting:
            self._num_open += len(requests)
        self._given.put((model, requests))

    def answers(self) -> Iterator[list[Answer] | Failure]:
        """Handfuls of answers as they come, for as long as there is a driver; a failure ends them."""
        while True:
            handful, failure = self._handful()
            with self._counting:
                self._num_open -= len(handful)
            if handful:
                yield handful
            if failure:
                yield failure
                return

    def close(self) -> None:
        """Free what is loaded, before the process ends."""
        for backend in self._backends.values():
            backend.close()
        self._opening.close_kept()

    def _handful(self) -> tuple[list[Answer], Failure | None]:
        """The next answers: a full hand, or those of half a second, or all that are to come."""
        handful: list[Answer] = []
        until, num_characters = None, 0
        while len(handful) < HANDFUL and num_characters < HANDFUL_CHARACTERS:
            try:
                came = self._came.get(timeout=None if until is None else max(0.0, until - time.monotonic()))
            except Empty:
                break
            if isinstance(came, Failure):
                return handful, came
            handful.append(came)
            num_characters += len(came[1].text)
            until = until or time.monotonic() + HANDFUL_SECONDS
            if len(handful) >= self._num_open:
                break
        return handful, None

    def _work(self) -> None:
        """Answer what is given; whatever fails is told as the last word."""
        try:
            while True:
                for answer in self._answered(*self._given.get()):
                    self._came.put(answer)
        except BadInput as error:
            self._came.put(Failure(str(error), refused=True))
        except BaseException as error:
            traceback.print_exc()
            told = str(error) if isinstance(error, TrimtabError) else f"{type(error).__name__}: {error}"
            self._came.put(Failure(f"on node {socket.gethostname()}, {told:.1000}", refused=False))

    def _answered(self, model: ModelFiles, requests: Sequence[Numbered]) -> Iterator[Answer]:
        """Answers to these, and to what is given meanwhile where the backend takes more."""
        numbers = [number for number, _ in requests]

        def more() -> list[Request]:
            fresh = self._fresh(model)
            numbers.extend(number for number, _ in fresh)
            return [request for _, request in fresh]

        backend, asked = self._backend(model), [request for _, request in requests]
        found = backend.complete_fed(asked, more) if isinstance(backend, Feeds) else backend.complete(asked)
        num_answered = 0
        for index, completion in found:
            yield numbers[index], completion
            num_answered += 1
        if num_answered < len(numbers):
            raise ModelFailed(f"backend {backend.name!r} answered {num_answered} of {len(numbers)} requests")

    def _fresh(self, model: ModelFiles) -> list[Numbered]:
        """What has been given since, for ``model``."""
        fresh: list[Numbered] = []
        while not self._given.empty():
            other, requests = self._given.get()
            if other != model:
                self._given.put((other, requests))
                break
            fresh += requests
        return fresh

    def _backend(self, model: ModelFiles) -> Backend:
        """The backend over a model; models over one base share what their backend keeps of it."""
        if model.fingerprint not in self._backends:
            model.require_here()
            opening = self._opening
            self._backends[model.fingerprint] = opening.open_backend(
                opening.inner, model.folder, opening.settings, model.base, keep=True
            )
        return self._backends[model.fingerprint]


def _keep_kernels_apart() -> None:
    """Replicas of a node compile for themselves: vLLM's processes would write over one another's."""
    if cards := os.environ.get("CUDA_VISIBLE_DEVICES"):
        shared = os.environ.get("VLLM_CACHE_ROOT", str(Path.home() / ".cache" / "vllm"))
        os.environ["VLLM_CACHE_ROOT"] = f"{shared}/cards-{cards.replace(',', '-')}"
