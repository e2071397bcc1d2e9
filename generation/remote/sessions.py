"""Work at a server in a session of its own, since batches run for longer than connections last."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Generic, TypeVar

from datasets_registry.errors import BadInput, ModelFailed
from generation.batches.provider import BatchGone
from generation.remote.background import stream
from generation.remote.calling import SAVED, Caller
from generation.remote.retrying import Failure, Patience

C = TypeVar("C")
T = TypeVar("T")
# a batch has up to 256 MB
SECONDS = 600.0
MISSING = (404, 405, 501)


@dataclass(frozen=True)
class Session(Generic[C]):
    """One connection to a server by the provider's own client."""

    caller: Caller
    client: C

    async def called(self, what: str, ask: Callable[[], Awaitable[T]]) -> T:
        """The answer; raises BatchGone where there is no such thing, and ModelFailed where none is given."""

        async def asked() -> T:
            try:
                return await ask()
            except Exception as error:
                status = getattr(error, "status_code", None)
                if status in MISSING:
                    raise BatchGone(f"HTTP {status} for {what}") from None
                raise

        answer = await self.caller.call(-1, asked)
        if isinstance(answer, Failure):
            raise ModelFailed(f"the server did not give {what}: {answer.reason}; rerun: {SAVED}")
        return answer


@dataclass(frozen=True)
class Sessions(Generic[C]):
    """Opens sessions with ``server``; ``client`` and ``caller`` are made for so many seconds of patience."""

    server: str
    patience: Patience
    client: Callable[[float], AbstractAsyncContextManager[C]]
    caller: Callable[[float], Caller]

    def within(self, work: Callable[[Session[C]], Awaitable[T]]) -> T:
        """What ``work`` gives."""

        async def run(put: Callable[[T], None]) -> None:
            async with self.client(SECONDS) as client:
                put(await work(Session(self.caller(SECONDS), client)))

        (result,) = stream(run)
        return result

    def offered(self, work: Callable[[Session[C]], Awaitable[T]]) -> T:
        """The same; raises BadInput where the server has no batches."""
        try:
            return self.within(work)
        except BatchGone as error:
            raise BadInput(
                f"the server at {self.server} has no batches ({error}): take batch_from out of engine"
            ) from None

    def pause(self, polls: int) -> float:
        """Seconds to wait after so many looks at a batch: more and more, up to a minute."""
        return min(self.patience.longest_poll, self.patience.first_poll * 1.5 ** min(polls, 30))
