"""A page of the studio asked for in this process, without a server."""

from collections.abc import Mapping
from urllib.parse import quote, urlencode

import anyio
from anyio.from_thread import start_blocking_portal
from starlette.types import ASGIApp, Message, Scope

from datasets_registry.errors import BadInput

_OK = 200


def answered(app: ASGIApp, path: str, words: Mapping[str, str]) -> str:
    """The page's HTML; raises what the page raises, and BadInput where it is none."""
    # a thread of its own, since a notebook has a loop already
    with start_blocking_portal() as portal:
        status, body = portal.call(_ask, app, path, words)
    if status != _OK:
        raise BadInput(f"{path} is no page of the studio (HTTP {status}): name another")
    return body.decode()


async def _ask(app: ASGIApp, path: str, words: Mapping[str, str]) -> tuple[int, bytes]:
    statuses: list[int] = []
    body = bytearray()

    async def receive() -> Message:
        # who asks waits for the whole page
        await anyio.sleep_forever()
        raise AssertionError

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])
        elif message["type"] == "http.response.body":
            body.extend(message.get("body", b""))

    await app(_scope(path, words), receive, send)
    return statuses[0], bytes(body)


def _scope(path: str, words: Mapping[str, str]) -> Scope:
    return {
        "type": "http",
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "raw_path": quote(path).encode(),
        "query_string": urlencode(words).encode(),
        "root_path": "",
        "headers": [],
    }
