"""Calls of a loopback server, without any client's help."""

import json
from contextlib import closing
from http.client import HTTPConnection
from typing import Any

from generation.loopback.messages import VERSION
from generation.loopback.server import LoopbackServer

ANTHROPIC = {"x-api-key": "sk-loop", "anthropic-version": VERSION}
HELLO = [{"role": "user", "content": "one two three"}]
Replied = tuple[int, Any]


def send(server: LoopbackServer, method: str, path: str, body: object = None, **headers: str) -> Replied:
    """The status and the JSON of an answer."""
    sent = body if isinstance(body, bytes) else json.dumps(body).encode()
    with closing(HTTPConnection("127.0.0.1", server.port, timeout=10)) as connection:
        connection.request(method, path, sent if body is not None else None, headers)
        with connection.getresponse() as response:
            return response.status, json.loads(response.read())


def chat(server: LoopbackServer, **fields: object) -> Replied:
    """A chat completion, of the model that is served if nothing else is said."""
    body = {"model": server.dialect.model, "messages": HELLO, **fields}
    return send(server, "POST", "/v1/chat/completions", body)


def said(server: LoopbackServer, **fields: object) -> str:
    """The text of a chat completion."""
    status, reply = chat(server, **fields)
    assert status == 200, reply
    return str(reply["choices"][0]["message"]["content"])


def message(server: LoopbackServer, **fields: object) -> Replied:
    """A message of Anthropic's protocol."""
    body = {"model": server.dialect.model, "max_tokens": 64, "messages": HELLO, **fields}
    return send(server, "POST", "/v1/messages", body, **ANTHROPIC)
