"""One run of an engine: its replicas kept full from one queue, and replaced when they die."""

import logging
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from multiprocessing.connection import Connection, wait
from pathlib import Path

from datasets_registry.errors import ModelFailed
from generation.vllm_offline.job import Answer, Job
from generation.vllm_offline.job_queue import JobQueue
from generation.vllm_offline.process import EngineDied
from generation.vllm_offline.replica import Replica

MOST_DEATHS = 2
# a request that was in hand so often when a replica died is taken to be why
MOST_DEATHS_OF_A_JOB = 3

_log = logging.getLogger(__name__)


class Shift:
    """The jobs of one call, done by ``replicas``; a replica that died is started once more."""

    def __init__(
        self,
        folder: Path,
        replicas: Sequence[Replica],
        jobs: Sequence[Job],
        more: Callable[[], Sequence[Job]],
    ) -> None:
        self._off, self._replicas = list(replicas), list[Replica]()
        self._more = more
        self._folder, self._queue = folder, JobQueue(jobs, len(replicas))
        self._deaths_of_jobs: Counter[int] = Counter()

    @property
    def unfinished(self) -> bool:
        """Whether replicas have jobs in hand."""
        return any(replica.in_hand for replica in self._replicas)

    def answers(self) -> Iterator[Answer]:
        """An answer per job as each finishes, after which more may come.

        Raises ModelFailed where no replica is left.
        """
        while self._queue or self.unfinished:
            self._call_in()
            for replica in self._replicas:
                self._serve(replica)
            for replica in self._heard():
                try:
                    answers = replica.receive()
                except EngineDied as death:
                    self._bury(replica, str(death))
                    continue
                for answer in answers:
                    yield answer
                    self._queue.put_first(self._more())

    @property
    def _num_alive(self) -> int:
        return sum(replica.process is not None for replica in self._replicas)

    @property
    def _num_left(self) -> int:
        return len(self._queue) + sum(len(replica.in_hand) for replica in self._replicas)

    def _call_in(self) -> None:
        """Have no more replicas than jobs, and one more for each that came beyond them."""
        while self._off and len(self._replicas) < self._num_left:
            replica = self._off.pop(0)
            replica.begin_run()
            self._replicas.append(replica)

    def _serve(self, replica: Replica) -> None:
        """See to it that a replica lives and has enough in hand."""
        if replica.process is None and self._queue and self._may_start(replica):
            replica.start()
        try:
            self._fill(replica)
        except EngineDied as death:
            self._bury(replica, str(death))

    def _may_start(self, replica: Replica) -> bool:
        """Who could not load its model tries again only where another one could."""
        could_load = replica.was_ready or any(other.slots for other in self._replicas)
        return replica.num_deaths == 0 or (replica.num_deaths < MOST_DEATHS and could_load)

    def _fill(self, replica: Replica) -> None:
        """A job for every slot and a next one, but no more than an equal part of what is left."""
        if replica.slots is None:
            return
        most = min(2 * replica.slots, -(-self._num_left // self._num_alive))
        jobs = self._queue.take(self._replicas.index(replica), most - len(replica.in_hand))
        if jobs:
            replica.send(jobs)

    def _heard(self) -> list[Replica]:
        """The replicas that have a message; who has ended without one is buried."""
        by_connection = {
            replica.process.connection: replica for replica in self._replicas if replica.process is not None
        }
        ready = {by_connection[one] for one in wait(list(by_connection), 1.0) if isinstance(one, Connection)}
        for replica in set(by_connection.values()) - ready:
            try:
                replica.require_alive()
            except EngineDied as death:
                self._bury(replica, str(death))
        return [replica for replica in self._replicas if replica in ready]

    def _bury(self, replica: Replica, death: str) -> None:
        was_ready = replica.was_ready
        jobs = replica.bury()
        self._queue.put_first(jobs)
        self._deaths_of_jobs.update(job.index for job in jobs)
        nobody_is_left = not self._num_alive and not any(map(self._may_start, self._replicas))
        if nobody_is_left or max(self._deaths_of_jobs.values(), default=0) >= MOST_DEATHS_OF_A_JOB:
            raise ModelFailed(self._sentence(death, was_ready))
        _log.warning(
            "vLLM on %s died and %s: %sits process %s",
            self._folder,
            "is restarted" if self._may_start(replica) else "is left out, the others do its part",
            f"{replica.title}, " if len(self._replicas) > 1 else "",
            death,
        )

    def _sentence(self, death: str, was_ready: bool) -> str:
        if not was_ready:
            return f"vLLM did not start on {self._folder}: its process {death}"
        often = "twice" if len(self._replicas) == 1 else "again and again"
        return (
            f"vLLM on {self._folder} died {often} in one run: its process {death}. What was finished is "
            "saved: lower batch_size or max_model_len in the model's `engine`, and run again"
        )
