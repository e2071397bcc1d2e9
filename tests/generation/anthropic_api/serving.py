"""The anthropic backend over a server that misbehaves, and answers in the words of the Messages API."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any

from generation.anthropic_api.backend import AnthropicBackend
from generation.engine import EngineSettings
from tests.generation.misbehaving_server import Answer, Call, MisbehavingServer
from tests.generation.serving import QUICK

KEY_ENV, KEY = "TEST_ANTHROPIC_KEY", "sk-ant-a-key-that-no-file-may-hold"
USAGE = {
    "input_tokens": 7,
    "cache_creation_input_tokens": 100,
    "cache_read_input_tokens": 20,
    "output_tokens": 3,
}


def message(*blocks: dict[str, Any], stop: str | None = "end_turn", **fields: Any) -> dict[str, Any]:
    """A message of the model."""
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "claude-1",
        "content": list(blocks),
        "stop_reason": stop,
        "stop_sequence": None,
        "usage": USAGE,
        **fields,
    }


def words(text: Any) -> dict[str, Any]:
    """A block of text."""
    return {"type": "text", "text": text}


def echo(call: Call) -> Answer:
    """A good answer that repeats the prompt."""
    return Answer(message(words(f"re: {call.prompt}")))


def wrong(status: int, kind: str, text: str, **error: Any) -> Answer:
    """An error in the API's words."""
    content = {"type": "error", "error": {"type": kind, "message": text, **error}, "request_id": "req_1"}
    return Answer(content, status=status)


@contextmanager
def serving(
    answer: Callable[[Call], Answer], folder: Path, **engine: Any
) -> Iterator[tuple[MisbehavingServer, AnthropicBackend]]:
    """A server that answers so, and the backend that asks it for ``claude-1``."""
    os.environ[KEY_ENV] = KEY
    try:
        with MisbehavingServer(answer) as server:
            settings = EngineSettings(
                base_url=server.url, **{"served_model": "claude-1", "api_key_env": KEY_ENV, **engine}
            )
            yield server, AnthropicBackend(folder, settings, patience=QUICK, jitter=Random(0))
    finally:
        del os.environ[KEY_ENV]
