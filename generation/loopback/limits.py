"""Limits per minute and faults: how a server that is well refuses, and how one that is not fails."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from generation.loopback.wire import Answer

# cut: after half of the answer, which is paid. reset: before any. broken: JSON that is none
Fault = Literal["cut", "reset", "broken", "500", "503", "529"]
Faults = Callable[[int], Fault | None]
_UNPAID: dict[Fault, Answer] = {
    "reset": Answer(manner="reset"),
    "500": Answer({"error": {"message": "The server had an error", "type": "server_error"}}, status=500),
    "503": Answer({"error": {"message": "Loading model", "type": "unavailable_error"}}, status=503),
    "529": Answer(
        {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}, status=529
    ),
}


def no_faults(number: int) -> Fault | None:
    """A server that is always well."""
    return None


def unpaid(fault: Fault | None) -> Answer | None:
    """What a call gets that this fault meets before it is served."""
    return None if fault is None else _UNPAID.get(fault)


def spoiled(answer: Answer, fault: Fault | None) -> Answer:
    """An answer as a fault leaves it."""
    if fault == "cut":
        return Answer(answer.content, answer.status, answer.headers, answer.delay, "half")
    return Answer(b'{"choices": [{]}') if fault == "broken" else answer


@dataclass
class Limit:
    """So many requests in each window of ``seconds``, which begins with its first request."""

    requests: int
    seconds: float = 60.0
    _begun: float = float("-inf")
    _used: int = 0

    def take(self) -> bool:
        """Count a request; whether it is within the limit."""
        if time.monotonic() - self._begun >= self.seconds:
            self._begun, self._used = time.monotonic(), 0
        self._used += 1
        return self._used <= self.requests

    @property
    def left(self) -> int:
        """Requests that the window still has."""
        return max(0, self.requests - self._used)

    @property
    def reset(self) -> float:
        """Seconds until the window ends."""
        return max(0.0, self._begun + self.seconds - time.monotonic())
