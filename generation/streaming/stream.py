"""A stream: requests are fed to a backend as tasks ask for them, and tasks go on as answers arrive.

Requests are looked up, claimed and planned by the handful, an eighth of what is in flight: a lookup
costs milliseconds, and the rest keeps the backend busy meanwhile. A handful's claim ends when all of
it is stored.
"""

import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Generic, TypeVar

from datasets_registry.errors import BrokenCatalog, ModelFailed, OverBudget, StoreFailed
from generation.completer import Completer
from generation.ledger.ledger import Writer
from generation.progress import EVERY_SECONDS, span, standing_of
from generation.request import Completion, Feeds, Request, keys
from generation.sound import sound
from generation.streaming.tasks import Tasks, Wanted

T = TypeVar("T")
HANDFULS = 8


@dataclass
class _Handful:
    """Keys that are claimed together, how many of them are in flight, and their claim."""

    claimed: ExitStack
    num_open: int


class Stream(Generic[T]):
    """The tasks of one stage, through one completer and its backend."""

    def __init__(self, completer: Completer, backend: Feeds, stage: str, tasks: Tasks[T]) -> None:
        self._completer, self._backend, self._tasks = completer, backend, tasks
        self._title = f"{completer.asset}: {stage}"
        self._wanted: defaultdict[str, list[Wanted[T]]] = defaultdict(list)
        # keys that wait to be looked up, those that others generate, and those that our backend has
        self._fresh: dict[str, Request] = {}
        self._theirs: dict[str, Request] = {}
        self._in_flight: dict[str, Request] = {}
        self._keys: dict[int, str] = {}
        self._handfuls: dict[str, _Handful] = {}
        self._num_fed = self._num_found = self._num_done = self._num_read = self._num_written = 0
        self._owner = ""
        self._refusal: OverBudget | BrokenCatalog | StoreFailed | None = None
        self._start = self._reported = time.monotonic()

    def results(self) -> Iterator[T]:
        """What each task makes, as it ends.

        Finished work is saved within five seconds, whatever happens to the rest.
        """
        completer = self._completer
        with ExitStack() as self._claims, Writer(completer.ledger, completer.origin) as self._writer:
            while self._tasks.under_way and self._refusal is None:
                num_found, self._num_fed = self._num_found, 0
                if fed := self._first():
                    for number, answer in self._backend.complete_fed(fed, self._more):
                        self._store(number, answer)
                        yield from self._tasks.ended()
                    self._require_all()
                elif self._theirs and num_found == self._num_found:
                    completer.wait(self._title, len(self._theirs), self._owner)
                yield from self._tasks.ended()
        if self._refusal is not None:
            raise self._refusal
        completer.report(self._line())

    def _first(self) -> list[Request]:
        """What is missing of as many tasks as there is room for: few would keep all others waiting."""
        first: list[Request] = []
        while True:
            num_found, more = self._num_found, self._more()
            first += more
            if not more and num_found == self._num_found:
                return first

    def _more(self) -> list[Request]:
        """What the backend may be given beside what it has; a refusal waits for what is in flight."""
        try:
            return [] if self._refusal else self._handful()
        except (BrokenCatalog, StoreFailed) as error:
            # nobody can claim or find more, and what is in flight is paid for
            self._refusal = error
            return []

    def _handful(self) -> list[Request]:
        """The requests to generate next; none where few have come up, or all of them are found."""
        self._tasks.begin()
        self._take(self._tasks.wanted())
        if len(self._fresh) * HANDFULS < len(self._in_flight):
            return []
        wanted = {**self._theirs, **self._fresh}
        self._theirs, self._fresh = {}, {}
        if not wanted:
            return []
        self._save()
        self._find(wanted)
        return self._claimed(wanted) if wanted else []

    def _take(self, wanted: Iterable[Wanted[T]]) -> None:
        some = list(wanted)
        for key, each in zip(
            keys(self._backend.fingerprint, [each.request for each in some]), some, strict=True
        ):
            if key not in self._wanted:
                self._fresh[key] = each.request
            self._wanted[key].append(each)

    def _save(self) -> None:
        """Make all that came findable, and give up the claims on what is."""
        self._writer.flush()
        if self._num_done:
            self._completer.compact()
        done = [key for key, handful in self._handfuls.items() if not handful.num_open]
        for key in done:
            self._handfuls.pop(key).claimed.close()

    def _find(self, wanted: dict[str, Request]) -> None:
        """Hand over what is stored, and leave it out of ``wanted``."""
        found = self._completer.known.find(list(wanted))
        self._completer.require_same_prompts(wanted, found)
        for key, completion in found.items():
            del wanted[key]
            self._hand_over(key, completion)
        self._num_found += len(found)
        self._completer.num_found += len(found)

    def _claimed(self, wanted: dict[str, Request]) -> list[Request]:
        """Those of ``wanted`` that nobody else generates and that came in the meantime for nobody."""
        with ExitStack() as stack:
            claimed = stack.enter_context(self._completer.ledger.claim(list(wanted)))
            self._theirs = {key: wanted[key] for key in claimed.theirs}
            self._owner = next(iter(claimed.theirs.values()), "another process")
            mine = {key: wanted[key] for key in claimed.mine}
            self._find(mine)
            if mine and self._allowed(mine):
                self._feed(mine, _Handful(self._claims.enter_context(stack.pop_all()), len(mine)))
                return list(mine.values())
        return []

    def _allowed(self, mine: Mapping[str, Request]) -> bool:
        """Whether these fit into the budget, beside what is in flight and not yet paid."""
        if self._in_flight and self._completer.meter.unlimited:
            return True
        planned = {**self._in_flight, **mine}
        plan = self._completer.estimate(planned, self._completer.meter.price)
        try:
            self._completer.meter.allow(self._title, plan)
        except OverBudget as refusal:
            self._refusal = refusal
            return False
        if not self._in_flight:
            self._completer.report(f"{self._title}: {len(mine):,} to generate first; {plan}")
        return True

    def _feed(self, mine: Mapping[str, Request], handful: _Handful) -> None:
        self._keys |= dict(enumerate(mine, start=self._num_fed))
        self._num_fed += len(mine)
        self._in_flight |= mine
        self._handfuls |= dict.fromkeys(mine, handful)

    def _store(self, number: int, answer: Completion) -> None:
        """Keep an answer and hand it over; raises OverBudget where it was dearer than the budget."""
        key, completion = self._keys.pop(number), sound(answer)
        request, meter = self._in_flight.pop(key), self._completer.meter
        self._writer.add(key, request, completion, meter.spend(completion), self._completer.replicas)
        self._handfuls[key].num_open -= 1
        self._completer.num_generated += 1
        self._num_done += 1
        self._num_read += completion.num_prompt_tokens
        self._num_written += completion.num_completion_tokens
        self._hand_over(key, completion)
        meter.halt_if_over(self._title, len(self._in_flight))
        if time.monotonic() - self._reported >= EVERY_SECONDS:
            self._reported = time.monotonic()
            self._completer.report(self._line())

    def _hand_over(self, key: str, completion: Completion) -> None:
        for each in self._wanted.pop(key):
            self._tasks.give(each, completion)

    def _require_all(self) -> None:
        if self._in_flight:
            raise ModelFailed(
                f"{self._title}: backend {self._backend.name!r} left {len(self._in_flight)} requests without "
                "an answer: what it answered is saved; run again"
            )

    def _line(self) -> str:
        """For example ``candidates: samples: 1,024 generated · 512 in hand · 4,800 tokens/s``."""
        spent = max(time.monotonic() - self._start, 1e-9)
        if not self._num_done:
            return f"{self._title}: {self._num_found:,} found; nothing to generate"
        rate = (
            f"{self._num_written / spent:.0f} tokens/s"
            if self._num_written
            else f"{self._num_read / spent:.0f} read/s"
        )
        parts = [
            f"{self._num_done:,} generated",
            *([f"{self._num_found:,} found"] if self._num_found else []),
        ]
        parts += [f"{len(self._in_flight):,} in hand"] if self._in_flight else [f"took {span(spent)}"]
        standing = standing_of(self._backend)
        return f"{self._title}: {' · '.join([*parts, rate, *([str(standing)] if standing else [])])}"
