"""A /v1 server on 127.0.0.1 that answers as it is told: busy, broken, cut off, hung or well."""

import asyncio
import json
import socket
import struct
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Literal

HANG = 60.0


@dataclass(frozen=True)
class Call:
    """One request as it arrived: which it was, what it said, and when."""

    number: int
    body: dict[str, Any]
    at: float
    in_flight: int
    path: str = "/v1/chat/completions"

    @property
    def prompt(self) -> str:
        """The last message's text."""
        return str(self.body["messages"][-1]["content"])


@dataclass(frozen=True)
class Answer:
    """What is sent back, and how badly."""

    content: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0
    manner: Literal["whole", "half", "reset"] = "whole"


def spoken(text: str | None, *, finish: str | None = "stop", **fields: Any) -> dict[str, Any]:
    """A chat completion with one choice."""
    return {
        "id": "1",
        "object": "chat.completion",
        "created": 0,
        "model": "m",
        "choices": [
            {"index": 0, "finish_reason": finish, "message": {"role": "assistant", "content": text}, **fields}
        ],
        "usage": {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10},
    }


def refused(status: int, message: str, **headers: str) -> Answer:
    """An error in the protocol's words."""
    return Answer({"error": {"message": message, "code": status}}, status=status, headers=headers)


class MisbehavingServer:
    """Serves while entered; ``answer`` decides each reply."""

    def __init__(
        self, answer: Callable[[Call], Answer], *, owner: str = "vllm", models: tuple[str, ...] = ("m",)
    ) -> None:
        self.answer, self.calls = answer, list[Call]()
        self.models: Answer = Answer({"data": [{"id": model, "owned_by": owner} for model in models]})
        self.in_flight = self.max_in_flight = 0
        self.keys: list[str] = []
        self._loop = asyncio.new_event_loop()
        self._connections: set[asyncio.Task[Any]] = set()

    def __enter__(self) -> "MisbehavingServer":
        self._server = self._loop.run_until_complete(asyncio.start_server(self._connected, "127.0.0.1", 0))
        self.port = self._server.sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/v1"
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

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
        first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().strip().split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        sent = await reader.readexactly(int(headers.get("content-length", "0")))
        self.keys.append(headers.get("authorization", ""))
        if first.startswith("GET"):
            return await _send(writer, self.models)
        self.in_flight += 1
        self.max_in_flight = max(self.max_in_flight, self.in_flight)
        try:
            path = first.split(" ")[1]
            call = Call(len(self.calls), json.loads(sent), time.monotonic(), self.in_flight, path)
            self.calls.append(call)
            answer = self.answer(call)
            await asyncio.sleep(answer.delay)
            return await _send(writer, answer)
        finally:
            self.in_flight -= 1


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
