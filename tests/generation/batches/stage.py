"""A stage whose requests go by batch, at a loopback server, with the ledger of a folder."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from random import Random

from datasets_registry.state import REPOSITORY
from generation.anthropic_api.backend import AnthropicBackend
from generation.completer import Completer
from generation.engine import EngineSettings
from generation.ledger.ledger import Ledger
from generation.loopback.dialects import GPT4, Dialect
from generation.loopback.server import LoopbackServer
from generation.loopback.wire import Answer, Call
from generation.openai_server.backend import OpenAIBackend
from generation.remote.retrying import Patience
from generation.request import Completion, Message, Request, SamplingParams
from generation.spending import Budget, Meter, Price

QUICK = Patience(first_delay=0.001, longest_delay=0.005, first_poll=0.001, longest_poll=0.005)
PRICE = Price(prompt=1_000.0, completion=1_000.0)


def ask(
    number: int, temperature: float = 0, *, choices: tuple[str, ...] = (), schema: str | None = None
) -> Request:
    """A request of its own, greedy if nothing else is said."""
    messages = (Message(role="user", content=f"question {number}"),)
    params = SamplingParams(temperature=temperature, max_tokens=9)
    return Request(messages=messages, params=params, choices=choices, answer_schema=schema)


def asked(number: int, temperature: float = 0) -> list[Request]:
    """So many requests."""
    return [ask(place, temperature) for place in range(number)]


class Stage:
    """Asks a server's model through the ledger in ``folder``; ``lines`` are what it said."""

    def __init__(
        self,
        url: str,
        folder: Path,
        *,
        dialect: Dialect = GPT4,
        weights: Path | None = None,
        least: int | None = 2,
        budget: Budget | None = None,
        report: Callable[[str], None] | None = None,
        **engine: object,
    ) -> None:
        settings = EngineSettings.model_validate(
            {"base_url": url, "served_model": dialect.model, "batch_from": least, **engine}
        )
        opened = AnthropicBackend if dialect.owner == "anthropic" else OpenAIBackend
        self.backend = opened(weights or folder / "none", settings, patience=QUICK, jitter=Random(0))
        self.ledger, self.lines = Ledger(folder / "ledger"), list[str]()
        self.meter = Meter(PRICE, budget)
        self.completer = Completer(
            self.backend, self.ledger, asset="a", report=report or self.lines.append, meter=self.meter
        )

    def __call__(self, requests: list[Request]) -> list[Completion]:
        """The completions of ``requests``."""
        return self.completer("x", requests)

    def texts(self, number: int, temperature: float = 0) -> list[str]:
        """The texts of so many completions, without what they vary by."""
        return [" ".join(completion.text.split()[:2]) for completion in self(asked(number, temperature))]

    @property
    def records(self) -> list[Path]:
        """The files of batches that are not collected."""
        return list(self.ledger.folder.glob("batches/*/*.json"))


def echoed(number: int) -> list[str]:
    """What an echoing server says to so many."""
    return [f"question {place}" for place in range(number)]


def interrupting(said: str) -> Callable[[str], None]:
    """A report that is interrupted at the first line in which this is said."""

    def report(line: str) -> None:
        if said in line:
            raise KeyboardInterrupt

    return report


def kill_at(server: LoopbackServer, method: str, path: str, code: str, folder: Path) -> None:
    """Run ``code`` in a process that is killed before it is sent the server's first answer to that call."""
    plain, clients = server.answer, list[int]()

    def answer(call: Call) -> Answer:
        given = plain(call)
        if (call.method, call.path) == (method, path) and clients:
            os.kill(clients.pop(), signal.SIGKILL)
        return given

    server.answer = answer
    client = subprocess.Popen([sys.executable, "-c", code, server.url, str(folder)], cwd=REPOSITORY)
    clients.append(client.pid)
    assert client.wait() == -signal.SIGKILL


def num_paid(server: LoopbackServer) -> tuple[int, int]:
    """Requests that were served by batch, and directly."""
    by_batch = sum(paid.batch for paid in server.paid)
    return by_batch, len(server.paid) - by_batch
