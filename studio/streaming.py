"""A page that is sent as its rows are found, and whose query ends once nobody reads it."""

from collections.abc import AsyncIterator, Callable, Iterator
from functools import partial

import anyio
from anyio import to_thread
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send


class FoundPage(StreamingResponse):
    """HTML in pieces; ``stop`` is called where the browser goes away first."""

    def __init__(self, pieces: Iterator[str], stop: Callable[[], None]) -> None:
        super().__init__(_in_threads(pieces, stop), media_type="text/html")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the pieces until they end, or the browser does."""
        async with anyio.create_task_group() as group:

            async def stream() -> None:
                await self.stream_response(send)
                group.cancel_scope.cancel()

            group.start_soon(stream)
            await self.listen_for_disconnect(receive)
            group.cancel_scope.cancel()


async def _in_threads(pieces: Iterator[str], stop: Callable[[], None]) -> AsyncIterator[str]:
    try:
        while True:
            # a query in a thread is not waited for: it is stopped
            piece = await to_thread.run_sync(partial(next, pieces, None), abandon_on_cancel=True)
            if piece is None:
                return
            yield piece
    finally:
        stop()
