"""A limit of requests in flight: it grows while all goes well, and every overload halves it."""

import asyncio
import math
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

START = 8


class AdaptiveLimit:
    """Slots whose number adapts, as TCP's window does: it doubles per round trip until the first
    overload, then grows by one per round trip; an overload halves it.
    """

    def __init__(self, maximum: int) -> None:
        self.maximum, self.limit, self.in_flight = maximum, float(min(START, maximum)), 0
        self._doubling = True
        self._shrunk_at = self._paused_until = -math.inf
        self._freed = asyncio.Condition()

    @asynccontextmanager
    async def slot(self) -> AsyncIterator[float]:
        """Wait for a free slot, hold it, and yield the time at which it was taken."""
        await self._take()
        try:
            yield time.monotonic()
        finally:
            self.in_flight -= 1
            async with self._freed:
                self._freed.notify(2)  # one for the slot given back, one for a limit that grew

    async def _take(self) -> None:
        while True:
            if (pause := self._paused_until - time.monotonic()) > 0:
                await asyncio.sleep(pause)
            async with self._freed:
                await self._freed.wait_for(lambda: self.in_flight < int(self.limit))
                if self._paused_until <= time.monotonic():
                    self.in_flight += 1
                    return

    def grow(self) -> None:
        """An answer came while its slot was held: let more through, if the limit was what held back."""
        if self.in_flight >= int(self.limit):
            step = 1.0 if self._doubling else 1 / self.limit
            self.limit = min(float(self.maximum), self.limit + step)

    def shrink(self, started: float) -> None:
        """The server was too busy for an attempt begun at ``started``: halve, once per round trip."""
        if started <= self._shrunk_at:
            return
        self.limit = max(1.0, self.limit / 2)
        self._doubling, self._shrunk_at = False, time.monotonic()

    def restart(self) -> None:
        """The server was away, and its capacity may have changed: start again with few."""
        self.limit, self._doubling = float(min(START, self.maximum)), True

    def pause(self, seconds: float) -> None:
        """Let nothing through for this long."""
        self._paused_until = max(self._paused_until, time.monotonic() + seconds)
