"""When to ask a server again, how long to wait, and when to consider it down."""

import math
import random
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Literal

# row: asking again would not help. unreachable: the request did not arrive. unusable: a server that is well
# gave no answer to this request.
Kind = Literal["busy", "hang", "broken", "unreachable", "unusable", "row"]
HANGS = 3


@dataclass(frozen=True)
class Failure:
    """An attempt without an answer: why, and how long the server asks to wait."""

    kind: Kind
    reason: str
    retry_after: float | None = None


@dataclass(frozen=True)
class Patience:
    """How often and how long: delays are drawn uniformly below a bound that doubles (full jitter).

    A batch is looked at after ``first_poll`` seconds, and then more rarely.
    """

    first_delay: float = 0.5
    longest_delay: float = 30.0
    longest_retry_after: float = 600.0
    attempts: int = 6
    rounds: int = 10
    first_poll: float = 2.0
    longest_poll: float = 60.0

    def delay(self, failures: int, jitter: random.Random) -> float:
        """Seconds to wait after so many failures."""
        return jitter.uniform(0, min(self.longest_delay, self.first_delay * 2 ** min(failures - 1, 30)))


def retry_after(headers: Mapping[str, str], now: datetime | None = None) -> float | None:
    """The seconds that a Retry-After header asks for: a number or an HTTP date; else None."""
    value = headers.get("retry-after", "").strip()
    try:
        seconds = float(value)
    except ValueError:
        try:
            date = parsedate_to_datetime(value)
        except ValueError:
            return None
        aware = date if date.tzinfo else date.replace(tzinfo=UTC)
        seconds = (aware - (now or datetime.now(UTC))).total_seconds()
    return max(0.0, seconds) if math.isfinite(seconds) else None


class Breaker:
    """Counts rounds of failure without any success between; a burst of failures is one round.

    It trips after ``rounds`` of them, or three hangs. One bad request does not make a server down:
    unless the server cannot be reached at all, as many different requests must have failed.
    """

    def __init__(self, rounds: int) -> None:
        self._most: dict[Kind, int] = {"hang": min(HANGS, rounds)}
        self._rounds = rounds
        self._counted_at = -math.inf
        self.succeeded()

    def succeeded(self) -> None:
        """The server answered: start again."""
        self.num_rounds, self._share, self._unreachable = 0, 0.0, False
        self._requests: dict[int, Kind] = {}

    def failed(self, request: int, kind: Kind, started: float) -> bool:
        """Note the failure of an attempt begun at ``started``; whether it began a round."""
        self._requests[request] = kind
        self._unreachable |= kind == "unreachable"
        if started <= self._counted_at:
            return False
        self._counted_at = time.monotonic()
        self.num_rounds += 1
        self._share += 1 / self._most.get(kind, self._rounds)
        return True

    @property
    def tripped(self) -> bool:
        """Whether the server counts as down."""
        share = sum(1 / self._most.get(kind, self._rounds) for kind in self._requests.values())
        return self._share >= 1 - 1e-9 and (self._unreachable or share >= 1 - 1e-9)
