"""A backend over a server that misbehaves, and what to ask it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any

from generation.engine import EngineSettings
from generation.openai_server.backend import OpenAIBackend
from generation.remote.retrying import Patience
from generation.request import Backend, Completion, Message, Request, SamplingParams
from tests.generation.misbehaving_server import Answer, Call, MisbehavingServer, spoken

QUICK = Patience(first_delay=0.01, longest_delay=0.05)


def ask(text: str, *, choices: tuple[str, ...] = (), sample: int = 0, **params: Any) -> Request:
    """A one-turn request."""
    messages = (Message(role="user", content=text),)
    return Request(
        messages=messages, params=SamplingParams.model_validate(params), choices=choices, sample=sample
    )


def echo(call: Call) -> Answer:
    """A good answer that repeats the prompt."""
    return Answer(spoken(f"re: {call.prompt}"))


def first_then(*answers: Answer) -> Callable[[Call], Answer]:
    """These answers in turn, and good ones afterwards."""
    return lambda call: answers[call.number] if call.number < len(answers) else echo(call)


@contextmanager
def serving(
    answer: Callable[[Call], Answer],
    tmp_path: Path,
    *,
    patience: Patience = QUICK,
    owner: str = "vllm",
    **engine: Any,
) -> Iterator[tuple[MisbehavingServer, OpenAIBackend]]:
    """A server that answers so, and the backend that asks it."""
    with MisbehavingServer(answer, owner=owner) as server:
        settings = EngineSettings(base_url=server.url, **{"served_model": "m", **engine})
        yield server, OpenAIBackend(tmp_path, settings, patience=patience, jitter=Random(0))


def finished(backend: Backend, requests: list[Request]) -> list[Completion]:
    """The completions in the order of the requests."""
    found = dict(backend.complete(requests))
    assert sorted(found) == list(range(len(requests)))
    return [found[place] for place in range(len(requests))]
