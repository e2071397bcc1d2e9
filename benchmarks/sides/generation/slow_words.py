"""A scripted backend that takes its time: five milliseconds for each completion."""

import time

from generation.request import Backend, Request
from generation.scripted import ScriptedBackend


def open_slow(model: str) -> Backend:
    """The backend, as a model of this name."""
    return ScriptedBackend(_answer, model=model)


def _answer(request: Request) -> str:
    time.sleep(0.005)
    return f"answer to {request.messages[-1].content}"
