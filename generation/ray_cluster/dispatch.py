"""One run over replicas: each is kept with requests in hand, which are given again where it dies."""

import logging
import time
from collections import Counter, deque
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from datasets_registry.errors import BadInput, ModelFailed
from generation.progress import Standing
from generation.ray_cluster.tally import Tally
from generation.request import Completion, Request

Numbered = tuple[int, Request]
Answer = tuple[int, Completion]

# parts in hand of each replica, so that none waits for the driver between two
AHEAD = 2
# fewer requests a message cost the driver more than they take
LEAST_PART = 32
# deaths of replicas that had answered nothing, since one answered first: in all before any answer came, and
# beyond one of each replica; a lost node says nothing of the model
MOST_FRUITLESS = 3
# a request that was in hand so often when a replica died is taken to be why
MOST_DEATHS_OF_A_REQUEST = 4
# replicas that are asked for and not ready: each is an actor that the cluster keeps an account of
MOST_STARTING = 64
START_SECONDS = 900.0
POLL_SECONDS = 1.0
EVERY_SECONDS = 60.0

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Ready:
    """A replica that can be given requests."""

    replica: int


@dataclass(frozen=True)
class Came:
    """Answers of a replica, by the numbers of their requests."""

    replica: int
    answers: Sequence[Answer]


@dataclass(frozen=True)
class Died:
    """A replica that answers no more, and why; ``with_node`` where its node was lost."""

    replica: int
    cause: str
    with_node: bool = False


@dataclass(frozen=True)
class Refused:
    """Why no replica could ever do what is asked."""

    cause: str


Event = Ready | Came | Died | Refused


class Pool(Protocol):
    """Replicas, each with a number that no other ever has."""

    @property
    def ready(self) -> Collection[int]:
        """Those that take requests."""
        ...

    @property
    def starting(self) -> Collection[int]:
        """Those that were asked for and are not ready, perhaps for want of room."""
        ...

    def start(self) -> int:
        """Ask for one more; returns its number at once."""
        ...

    def give(self, replica: int, requests: Sequence[Numbered]) -> None:
        """Hand requests over; a replica that is found dead is told of by ``heard``."""
        ...

    def heard(self, seconds: float) -> Sequence[Event]:
        """What has happened; waits so long for something to happen."""
        ...

    def wanting(self) -> str:
        """What each replica asks for and what there is, as a part of a sentence."""
        ...


@dataclass(frozen=True)
class Size:
    """The most replicas, the sequences that each decodes at once, and how long none may be ready."""

    replicas: int
    batch: int
    patience: float = START_SECONDS

    @property
    def part(self) -> int:
        """Requests of one message, where there are plenty."""
        return max(LEAST_PART, 2 * self.batch)


class Run:
    """The requests of one call, done by the replicas of ``pool``; ``title`` says of what, for messages."""

    def __init__(
        self,
        title: str,
        pool: Pool,
        size: Size,
        requests: Sequence[Request],
        more: Callable[[], Sequence[Request]] = list,
        tally: Tally | None = None,
    ) -> None:
        self.tally = tally or Tally()
        self._title, self._pool, self._size, self._more = title, pool, size, more
        self._num_asked = 0
        self._waiting: deque[Numbered] = deque()
        self._in_hand: dict[int, dict[int, Request]] = {}
        self._deaths: Counter[int] = Counter()
        self._fruitful: set[int] = set()
        self._num_fruitless = 0
        self._ready_at = self._told_at = time.monotonic()
        self._put_first(requests)

    @property
    def standing(self) -> Standing:
        """How the replicas stand now."""
        tally = self.tally
        rates = (tally.rate(replica) for replica in self._pool.ready)
        return Standing(
            len(self._pool.ready),
            self._size.replicas,
            len(self._waiting),
            tuple(rate for rate in rates if rate is not None),
            tally.num_deaths,
            tally.num_redone,
        )

    @property
    def unfinished(self) -> bool:
        """Whether requests wait, or replicas have some in hand."""
        return bool(self._waiting) or any(self._in_hand.values())

    def answers(self) -> Iterator[Answer]:
        """Each request's number and completion, as it comes; after each, more requests may come.

        Raises BadInput where the model cannot read a request, and ModelFailed where no replica is left, or
        none was ready for too long.
        """
        self._forget_the_past()
        while self.unfinished:
            self._call_in()
            self._fill()
            for event in self._pool.heard(POLL_SECONDS):
                yield from self._took(event)
            self._require_ready()

    def _forget_the_past(self) -> None:
        """Hear what happened before this run: replicas that died idle are none of its deaths."""
        for event in self._pool.heard(0):
            if isinstance(event, Refused):
                raise BadInput(event.cause)

    def _put_first(self, requests: Sequence[Request]) -> None:
        """Number them as they came, and queue neighbours side by side, as they share their prompts."""
        numbered = list(enumerate(requests, start=self._num_asked))
        self._num_asked += len(requests)
        numbered.sort(key=lambda each: reading_order(each[1]))
        self._waiting.extendleft(reversed(numbered))

    @property
    def _num_left(self) -> int:
        return len(self._waiting) + sum(map(len, self._in_hand.values()))

    @property
    def _num_alive(self) -> int:
        return len(self._pool.ready) + len(self._pool.starting)

    def _call_in(self) -> None:
        """Have as many replicas as there are requests for; a new one for each that died."""
        while self._waiting and self._may_start and self._num_alive < self._wanted:
            if len(self._pool.starting) >= MOST_STARTING:
                break
            self._pool.start()

    @property
    def _wanted(self) -> int:
        return min(self._size.replicas, self._num_left)

    @property
    def _may_start(self) -> bool:
        more = self._size.replicas if self._fruitful else 0
        return self._num_fruitless < MOST_FRUITLESS + more

    def _fill(self) -> None:
        """Requests for each replica that has done half of what it had."""
        most = self._most
        for replica in list(self._pool.ready):
            in_hand = self._in_hand.setdefault(replica, {})
            room = most - len(in_hand)
            if self._waiting and 2 * room >= most:
                given = [self._waiting.popleft() for _ in range(min(room, len(self._waiting)))]
                in_hand.update(given)
                self.tally.given(replica)
                self._pool.give(replica, given)

    @property
    def _most(self) -> int:
        """In hand of a replica: its parts, or near the end an equal share, but no less than it decodes."""
        share = -(-self._num_left // max(1, self._num_alive))
        return max(self._size.batch, min(AHEAD * self._size.part, share))

    def _took(self, event: Event) -> Iterator[Answer]:
        if isinstance(event, Refused):
            raise BadInput(event.cause)
        if isinstance(event, Died):
            self._bury(event)
        elif isinstance(event, Came):
            in_hand = self._in_hand.get(event.replica, {})
            for number, completion in event.answers:
                if in_hand.pop(number, None) is not None:
                    if event.replica not in self._fruitful:
                        self._fruitful.add(event.replica)
                        self._num_fruitless = 0
                    self.tally.count(event.replica, completion.num_completion_tokens)
                    yield number, completion
                    if fresh := self._more():
                        self._put_first(fresh)
            if not in_hand:
                self.tally.idle(event.replica)

    def _bury(self, death: Died) -> None:
        """Queue again what a replica had in hand; raises ModelFailed where that would go on for ever."""
        lost = self._in_hand.pop(death.replica, {})
        self.tally.idle(death.replica)
        self._waiting.extendleft(reversed(lost.items()))
        self._deaths.update(lost.keys())
        self.tally.num_deaths += 1
        self.tally.num_redone += len(lost)
        self._num_fruitless += death.replica not in self._fruitful and not death.with_node
        is_over = not self._num_alive and not self._may_start
        if is_over or max(self._deaths.values(), default=0) >= MOST_DEATHS_OF_A_REQUEST:
            raise ModelFailed(self._sentence(death.cause))
        _log.warning(
            "%s: a replica died, and its %d requests are asked again: %s",
            self._title,
            len(lost),
            death.cause,
        )

    def _sentence(self, cause: str) -> str:
        if not self._fruitful:
            return f"{self._title}: no replica answered anything before it died: {cause}"
        return (
            f"{self._title}: replicas died again and again: {cause}. What was finished is saved: lower "
            "batch_size or max_model_len in the model's `engine`, and run again"
        )

    def _require_ready(self) -> None:
        """Say each minute what is waited for; raises ModelFailed where that took too long."""
        now = time.monotonic()
        if self._pool.ready:
            self._ready_at = self._told_at = now
        elif now - self._ready_at > self._size.patience:
            raise ModelFailed(
                f"{self._title}: no replica was ready for {self._size.patience:.0f} s: "
                f"{self._pool.wanting()}: add nodes, or ask for less in the model's `engine`, and run again"
            )
        elif now - self._told_at > EVERY_SECONDS:
            self._told_at = now
            _log.warning("%s: no replica is ready yet: %s", self._title, self._pool.wanting())


def reading_order(request: Request) -> tuple[list[str], int]:
    """What sorts requests so that neighbours have most of their prompts in common."""
    return [message.content for message in request.messages], request.sample
