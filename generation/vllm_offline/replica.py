"""One process of an engine: what it has in hand, and how often it died in this run."""

from collections.abc import Callable, Sequence

from generation.vllm_offline.job import Answer, Job
from generation.vllm_offline.process import EngineProcess


class Replica:
    """A process that is started when there is work; ``title`` says which it is, for messages."""

    def __init__(self, title: str, start: Callable[[], EngineProcess]) -> None:
        self.title, self._start = title, start
        self.process: EngineProcess | None = None
        self.in_hand: dict[int, Job] = {}
        self.num_deaths = self.num_starts = 0
        self.was_ready = False

    @property
    def slots(self) -> int | None:
        """How many sequences it decodes at once; None until its model is loaded."""
        return self.process.slots if self.process else None

    def begin_run(self) -> None:
        """Forget how an earlier run went."""
        self.num_deaths, self.was_ready = 0, self.slots is not None

    def start(self) -> None:
        """Start the process; it tells when it is ready."""
        self.was_ready = False
        self.num_starts += 1
        self.process = self._start()

    def send(self, jobs: Sequence[Job]) -> None:
        """Hand over jobs; they count as in hand even where the process is found dead."""
        self.in_hand.update((job.index, job) for job in jobs)
        if self.process is not None:
            self.process.send(jobs)

    def receive(self) -> list[Answer]:
        """The answers that have come."""
        answers = self.process.receive() if self.process else []
        self.was_ready = self.was_ready or self.slots is not None
        for answer in answers:
            del self.in_hand[answer.index]
        return answers

    def require_alive(self) -> None:
        """Raise EngineDied where the process cannot answer any more."""
        if self.process is not None and (self.in_hand or self.slots is None):
            self.process.require_alive()

    def bury(self) -> list[Job]:
        """End what is left of a process that died; the jobs that it had in hand."""
        self.num_deaths += 1
        self.stop()
        jobs, self.in_hand = list(self.in_hand.values()), {}
        return jobs

    def stop(self) -> None:
        """End the process, if there is one; its jobs are dropped by the run that this ends."""
        if self.process is not None:
            self.process.stop()
            self.process = None
