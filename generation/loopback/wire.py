"""HTTP/1.1 on 127.0.0.1: what was asked, what is sent back, and how badly."""

import asyncio
import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal
from urllib.parse import parse_qsl, urlsplit

Manner = Literal["whole", "half", "reset"]


@dataclass(frozen=True)
class Call:
    """One request as it arrived: ``number`` counts those that were posted, ``at`` is its monotonic time."""

    number: int
    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    sent: bytes
    at: float
    in_flight: int

    @cached_property
    def body(self) -> dict[str, Any]:
        """The JSON object that was sent."""
        body: dict[str, Any] = json.loads(self.sent)
        return body

    @property
    def prompt(self) -> str:
        """The last message's text."""
        return str(self.body["messages"][-1]["content"])


@dataclass(frozen=True)
class Answer:
    """What is sent back after ``delay`` seconds: JSON, or bytes as they are."""

    content: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0.0
    manner: Manner = "whole"


class WireServer:
    """Serves while entered; ``answer`` decides each reply, in the server's one thread.

    ``calls`` are those that were posted. What is only read costs nothing and is not counted.
    """

    def __init__(self, answer: Callable[[Call], Answer]) -> None:
        self.answer, self.calls = answer, list[Call]()
        self.in_flight = self.max_in_flight = 0
        self._loop = asyncio.new_event_loop()
        self._connections: set[asyncio.Task[None]] = set()

    def __enter__(self) -> "WireServer":
        self._server = self._loop.run_until_complete(asyncio.start_server(self._connected, "127.0.0.1", 0))
        self.port: int = self._server.sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/v1"
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def reply(self, call: Call) -> Answer:
        """What is sent back to a call."""
        return self.answer(call)

    async def _stop(self) -> None:
        # a connection whose acceptance is under way when the server closes would never be closed itself
        await asyncio.sleep(0.05)
        self._server.close()
        while self._connections:
            for task in list(self._connections):
                task.cancel()
            await asyncio.gather(*self._connections, return_exceptions=True)
        await asyncio.sleep(0.01)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        try:
            while await self._exchange(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()
            with suppress(ConnectionError, asyncio.CancelledError):
                await writer.wait_closed()
            self._connections.discard(task)

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        call = await self._read(reader)
        if call.method != "POST":
            return await _send(writer, self.reply(call))
        self.in_flight += 1
        self.max_in_flight = max(self.max_in_flight, self.in_flight)
        try:
            self.calls.append(call)
            answer = self.reply(call)
            await asyncio.sleep(answer.delay)
            return await _send(writer, answer)
        finally:
            self.in_flight -= 1

    async def _read(self, reader: asyncio.StreamReader) -> Call:
        first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().strip().split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        sent = await reader.readexactly(int(headers.get("content-length", "0")))
        method, target, _ = first.split(" ")
        parts = urlsplit(target)
        query = dict(parse_qsl(parts.query))
        return Call(
            len(self.calls),
            method,
            parts.path,
            query,
            headers,
            sent,
            time.monotonic(),
            self.in_flight + 1,
        )


async def _send(writer: asyncio.StreamWriter, answer: Answer) -> bool:
    if answer.manner == "reset":
        linger = struct.pack("ii", 1, 0)
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        writer.transport.abort()
        return False
    sent = answer.content if isinstance(answer.content, bytes) else json.dumps(answer.content).encode()
    headers = {"content-type": "application/json", "content-length": str(len(sent)), **answer.headers}
    head = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    writer.write(f"HTTP/1.1 {answer.status} X\r\n{head}\r\n".encode())
    writer.write(sent if answer.manner == "whole" else sent[: len(sent) // 2])
    await writer.drain()
    return answer.manner == "whole"
