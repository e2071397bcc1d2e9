"""Calling a server that may be busy, broken or down: in bounded number, again where it helps."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import TypeVar

from datasets_registry.errors import ModelFailed
from generation.remote.concurrency import AdaptiveLimit
from generation.remote.retrying import Breaker, Failure, Patience

T = TypeVar("T")
SAVED = "all finished completions are saved, and the next run asks only for the rest"


class Caller:
    """The calls of one run to one server, which share a limit and a breaker."""

    def __init__(
        self,
        server: str,
        *,
        limit: AdaptiveLimit,
        patience: Patience,
        timeout: float,
        jitter: random.Random,
        failure_of: Callable[[Exception], Failure],
    ) -> None:
        self.limit, self._breaker = limit, Breaker(patience.rounds)
        self._server, self._patience, self._timeout = server, patience, timeout
        self._jitter, self._failure_of = jitter, failure_of

    async def call(self, request: int, ask: Callable[[], Awaitable[T]]) -> T | Failure:
        """The answer to ``request``, or why there is none after all attempts.

        Raises ModelFailed once the server counts as down.
        """
        attempts = failures = 0
        while True:
            answer = await self._attempt(request, ask)
            if not isinstance(answer, Failure) or answer.kind == "row":
                return answer
            failures += 1
            attempts += answer.kind != "unreachable"  # bounded by the breaker alone
            if attempts >= self._patience.attempts:
                return Failure(answer.kind, f"{answer.reason} (after {attempts} attempts)")
            await asyncio.sleep(self._patience.delay(failures, self._jitter))

    async def _attempt(self, request: int, ask: Callable[[], Awaitable[T]]) -> T | Failure:
        async with self.limit.slot() as started:
            try:
                async with asyncio.timeout(self._timeout):
                    answer: T | Failure = await ask()
            except Exception as error:
                answer = self._failure_of(error)
            if isinstance(answer, Failure) and answer.kind not in ("row", "unusable"):
                self._note(request, answer, started)
            else:
                self._breaker.succeeded()
                self.limit.grow()
            return answer

    def _note(self, request: int, failure: Failure, started: float) -> None:
        begun = self._breaker.failed(request, failure.kind, started)
        if self._breaker.tripped:
            raise ModelFailed(
                f"the server at {self._server} is down ({failure.reason}, {self._breaker.num_rounds} rounds "
                f"in a row): start it again and rerun; {SAVED}"
            )
        if failure.kind == "unreachable":
            self.limit.restart()
        elif failure.kind != "broken":
            self.limit.shrink(started)
        if (pause := failure.retry_after or 0.0) > self._patience.longest_retry_after:
            raise ModelFailed(
                f"the server at {self._server} asks to wait {pause:.0f} s ({failure.reason}): "
                f"rerun then; {SAVED}"
            )
        self.limit.pause(pause)
        if begun and self._breaker.num_rounds > 1:
            self.limit.pause(self._patience.delay(self._breaker.num_rounds, self._jitter))
