"""The loop of an engine's process: jobs are rendered beside its steps, and answers go back as they come."""

import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from pathlib import Path
from queue import SimpleQueue
from typing import Protocol, TypeVar

from generation.engine import EngineSettings
from generation.vllm_offline.job import ANSWERS, JOBS, READY, Answer, Job

ALIVE_SECONDS = 5.0
P = TypeVar("P")


class Worker(Protocol[P]):
    """An engine: jobs are made ready in one thread, and begun and stepped in another."""

    @property
    def slots(self) -> int:
        """How many sequences it decodes at once."""
        ...

    @property
    def busy(self) -> bool:
        """Whether it has something to do."""
        ...

    def prepare(self, job: Job) -> P | Answer:
        """What ``begin`` needs of a job; the answer where it cannot be done."""
        ...

    def begin(self, prepared: P) -> Answer | None:
        """Put a job into the engine; the answer at once where it refuses."""
        ...

    def step(self) -> list[Answer]:
        """One step of the whole batch; the answers to what it finished."""
        ...


def main(load: Callable[[Path, EngineSettings, int], Worker[P]]) -> None:
    """Load, say that it is done, and serve until the other end is closed."""
    number, parent, folder, settings, rank = sys.argv[1:]
    threading.Thread(target=_die_with, args=(int(parent),), daemon=True).start()
    connection = Connection(int(number))
    worker = load(Path(folder), EngineSettings.model_validate_json(settings), int(rank))
    arrived: SimpleQueue[bytes | None] = SimpleQueue()
    prepared: SimpleQueue[list[P | Answer] | None] = SimpleQueue()
    threading.Thread(target=_read, args=(connection, arrived), daemon=True).start()
    threading.Thread(target=_prepare, args=(worker, arrived, prepared), daemon=True).start()
    with suppress(OSError):
        connection.send_bytes(READY.dump_json(worker.slots))
        serve(worker, connection, prepared)


def serve(
    worker: Worker[P], connection: Connection, prepared: "SimpleQueue[list[P | Answer] | None]"
) -> None:
    """Answer jobs until there can be no more."""
    reported = 0.0
    while True:
        answers: list[Answer] = []
        while not (worker.busy and prepared.empty()):
            jobs = prepared.get()
            if jobs is None:
                return
            begun = [job if isinstance(job, Answer) else worker.begin(job) for job in jobs]
            answers += [answer for answer in begun if answer is not None]
            if answers:
                break
        if worker.busy:
            answers += worker.step()
        if answers or time.monotonic() - reported > ALIVE_SECONDS:
            reported = time.monotonic()
            connection.send_bytes(ANSWERS.dump_json(answers))


def _read(connection: Connection, arrived: "SimpleQueue[bytes | None]") -> None:
    """Take jobs as they come, so that the sender never waits."""
    with suppress(EOFError, OSError):
        while True:
            arrived.put(connection.recv_bytes())
    arrived.put(None)


def _prepare(
    worker: Worker[P],
    arrived: "SimpleQueue[bytes | None]",
    prepared: "SimpleQueue[list[P | Answer] | None]",
) -> None:
    """Render and tokenize beside the engine's steps, a few jobs at a time so that it is never without."""
    with _ending_the_process():
        while (message := arrived.get()) is not None:
            jobs = JOBS.validate_json(message)
            for first in range(0, len(jobs), 8):
                prepared.put([worker.prepare(job) for job in jobs[first : first + 8]])
        prepared.put(None)


@contextmanager
def _ending_the_process() -> Iterator[None]:
    """A thread that fails ends the process, with its traceback in the log, as the engine's own would."""
    try:
        yield
    except BaseException:
        sys.excepthook(*sys.exc_info())
        sys.stderr.flush()
        os._exit(1)


def _die_with(parent: int) -> None:
    """Where the parent is killed, its engine must not go on unseen."""
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)
