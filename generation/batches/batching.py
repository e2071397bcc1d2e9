"""Batches from submission to collection; what an earlier run submitted is taken up, not submitted again."""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from datasets_registry.errors import BadInput, ModelFailed
from generation.batches.provider import Answer, BatchGone, Provider, Standing, Unanswered
from generation.batches.records import Record, Records
from generation.batches.splitting import parts
from generation.progress import span
from generation.request import Completion, Request

# every provider ends a batch within a day
LONGEST = timedelta(hours=26)


@dataclass(frozen=True)
class Ways:
    """Requests by key, apart by how they are asked: in batches that run already, in new ones, directly."""

    direct: Mapping[str, Request]
    running: Mapping[str, Request] = field(default_factory=dict)
    batched: Mapping[str, Request] = field(default_factory=dict)

    @property
    def all(self) -> dict[str, Request]:
        """All of them."""
        return {**self.running, **self.batched, **self.direct}


class Batching:
    """One stage's requests in the batches of ``provider``, whose records are in ``folder``."""

    def __init__(self, provider: Provider, folder: Path, title: str, report: Callable[[str], None]) -> None:
        self._provider, self._title, self._report = provider, title, report
        self._records = Records(folder, provider.server, provider.model)
        self._open: list[Record] = []

    def ways(self, requests: Mapping[str, Request]) -> Ways:
        """How each of ``requests`` is asked; takes up the batches in which some already are.

        Raises BadInput where there is something to submit and the server has no batches.
        """
        self._take_up(requests)
        submitted = {key for record in self._open for key in record.keys}
        running = {key: request for key, request in requests.items() if key in submitted}
        new = {key: request for key, request in requests.items() if key not in submitted}
        batched = {key: request for key, request in new.items() if self._provider.takes(request)}
        if self._provider.least is None or len(batched) < self._provider.least:
            return Ways(new, running)
        self._provider.require()
        direct = {key: request for key, request in new.items() if key not in batched}
        return Ways(direct, running, batched)

    def _take_up(self, requests: Mapping[str, Request]) -> None:
        for record in self._records.of(requests.keys()):
            batch = record.batch or self._provider.find(record)
            if batch is None:
                self._records.forget(record)
            else:
                self._open.append(self._records.submitted(record, batch) if record.batch is None else record)
                self._report(f"{self._title}: batch {batch} of an earlier run is collected")

    def submit(self, requests: Mapping[str, Request]) -> None:
        """Submit ``requests``, in as many batches as the provider's limits ask for."""
        provider = self._provider
        for part in parts(provider.lines(requests), provider.most_requests, provider.most_bytes):
            record = self._records.intend(list(part))
            batch = provider.submit(record, list(part.values()))
            self._open.append(self._records.submitted(record, batch))
            self._report(f"{self._title}: {len(part):,} requests submitted as batch {batch}")

    def collected(
        self, requests: Mapping[str, Request], save: Callable[[], None]
    ) -> Iterator[tuple[str, Completion]]:
        """Each answer to one of ``requests``, once its batch has ended; ``save`` makes those so far durable.

        Requests without an answer are counted and said. Raises ModelFailed where a batch does not end.
        """
        polls = 0
        while self._open:
            standings = [(record, self._standing(record)) for record in self._open]
            for record, standing in standings:
                if standing.ended:
                    yield from self._collected(record, standing, requests)
                    save()
                    self._records.close(record, requests.keys())
                    self._open.remove(record)
            if self._open:
                self._wait(standings, polls)
                polls += 1

    def _standing(self, record: Record) -> Standing:
        try:
            standing = self._provider.standing(str(record.batch))
        except BatchGone as error:
            raise self._gone(record, error) from None
        age = datetime.now(UTC) - record.created_at
        if not standing.ended and age > LONGEST:
            raise ModelFailed(
                f"{self._title}: batch {record.batch} is {standing.status!r} after "
                f"{span(age.total_seconds())}: cancel it at the provider and run again, which collects what "
                "it has"
            )
        return standing

    def _gone(self, record: Record, error: BatchGone) -> BadInput:
        return BadInput(
            f"{self._title}: {self._provider.server} does not have batch {record.batch} or its answers "
            f"({error}): run with the key that submitted it, or remove {self._records.path(record)}, and its "
            "requests are asked again"
        )

    def _wait(self, standings: list[tuple[Record, Standing]], polls: int) -> None:
        """Say how far the batches are, and let them run for a while."""
        running = [(record, standing) for record, standing in standings if record in self._open]
        done = sum(standing.num_done for _, standing in running)
        names = ", ".join(f"{record.batch} ({standing.status})" for record, standing in running)
        num_all = sum(len(record.keys) for record, _ in running)
        self._report(f"{self._title}: {done:,} of {num_all:,} done in batch {names}")
        time.sleep(self._provider.pause(polls))

    def _collected(
        self, record: Record, standing: Standing, requests: Mapping[str, Request]
    ) -> Iterator[tuple[str, Completion]]:
        mine = {key: requests[key] for key in record.keys if key in requests}
        tally = Tally(mine, frozenset(record.keys))
        try:
            for key, answer in self._provider.answers(str(record.batch), mine):
                if isinstance(completion := tally.counted(key, answer), Completion):
                    yield key, completion
        except BatchGone as error:
            raise self._gone(record, error) from None
        ended = standing.status if standing.reason is None else f"{standing.status}: {standing.reason}"
        self._report(f"{self._title}: batch {record.batch} ended ({ended}); {tally.summary}")

    def leave(self) -> None:
        """Say what becomes of the batches that are not collected."""
        for record in self._open:
            self._report(
                f"{self._title}: batch {record.batch} goes on at the provider: the next run collects it and "
                "submits nothing twice; or cancel it there, and the next run collects what it has"
            )


class Tally:
    """Counts a batch's answers: those that are used, those that were given twice, and those of nobody."""

    def __init__(self, requests: Mapping[str, Request], keys: frozenset[str]) -> None:
        self._requests, self._keys = requests, keys
        self._used: set[str] = set()
        self._reasons: dict[str, str] = {}
        self._repeated = self._unknown = 0

    def counted(self, key: str, answer: Answer) -> Completion | None:
        """The answer's completion, if it is the first to a request of ours."""
        self._unknown += key not in self._keys
        self._repeated += key in self._used
        if key not in self._requests or key in self._used:
            return None
        if isinstance(answer, Unanswered):
            self._reasons[key] = answer.reason
            return None
        self._used.add(key)
        return answer

    @property
    def summary(self) -> str:
        """For example ``990 of 1,000 answered; 10 are asked directly (the batch expired)``."""
        left = [key for key in self._requests if key not in self._used]
        said = [f"{len(self._used):,} of {len(self._requests):,} answered"]
        if left:
            counts = Counter(self._reasons.get(key, "the batch has no answer to it") for key in left)
            said.append(f"{len(left):,} are asked directly ({counts.most_common(1)[0][0]})")
        if self._repeated:
            said.append(f"{self._repeated:,} were answered twice, and the first answer counts")
        if self._unknown:
            said.append(f"{self._unknown:,} answers to no request are left out")
        return "; ".join(said)
