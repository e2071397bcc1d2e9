"""Batches that are killed and resumed: what is submitted twice, what is lost, and what it costs."""

import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.sides.figure import Figure, at_most, exactly
from datasets_registry.state import REPOSITORY
from generation.completer import Completer
from generation.engine import EngineSettings
from generation.ledger.ledger import Ledger
from generation.loopback.dialects import GPT4
from generation.loopback.server import LoopbackServer
from generation.loopback.wire import Answer, Call
from generation.openai_server.backend import OpenAIBackend
from generation.remote.retrying import Patience
from generation.request import Message, Request, SamplingParams
from generation.spending import Price

CLIENT = """
import sys
from pathlib import Path
from benchmarks.judges.batches import ask
print(ask(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])))
"""
PRICE = Price(prompt=1.0, completion=4.0)
# more than a batch of its own is full of what is asked again directly after a kill
DEARER = 1.05


def ask(url: str, folder: Path, number: int) -> int:
    """Ask so many questions through the ledger in ``folder``; the number that were answered rightly."""
    settings = EngineSettings(base_url=url, served_model=GPT4.model, batch_from=2)
    quick = Patience(first_delay=0.01, first_poll=0.02, longest_poll=0.05)
    backend = OpenAIBackend(folder / "none", settings, patience=quick)
    complete = Completer(backend, Ledger(folder), asset="batches", report=lambda line: None)
    texts = [completion.text for completion in complete("all", _requests(number))]
    return sum(text == f"question {place}" for place, text in enumerate(texts))


def _requests(number: int) -> list[Request]:
    greedy = SamplingParams(temperature=0, max_tokens=16)
    messages = [Message(role="user", content=f"question {place}") for place in range(number)]
    return [Request(messages=(message,), params=greedy) for message in messages]


class KillingServer(LoopbackServer):
    """Kills its client, if there is one to kill, as it answers the call of a number that is drawn."""

    def __init__(self, draws: random.Random) -> None:
        super().__init__(GPT4)
        self._plain, self.answer = self.answer, self._killing
        self._draws, self._victim, self._calls_left = draws, 0, 0

    def kill(self, process: int) -> None:
        """Kill ``process`` at one of its next calls."""
        self._victim, self._calls_left = process, self._draws.randint(1, 8)

    def _killing(self, call: Call) -> Answer:
        answer = self._plain(call)
        self._calls_left -= 1
        if self._victim and self._calls_left <= 0:
            os.kill(self._victim, signal.SIGKILL)
            self._victim = 0
        return answer


def batches(quick: bool) -> Sequence[Figure]:
    """Stages of 1,000 requests, each killed several times at calls that are drawn, and then ended."""
    stages, kills, number = (2, 2, 200) if quick else (10, 4, 1_000)
    twice = lost = num_killed = 0
    dearest = 0.0
    for seed in range(stages):
        server = KillingServer(random.Random(seed))
        with TemporaryDirectory() as folder, server:
            num_killed += sum(_killed(server, Path(folder), number) for _ in range(kills))
            lost += number - ask(server.url, Path(folder), number)
            twice += server.batches.submissions.num_bodies_twice
            dearest = max(dearest, _cost(server, number))
    return [
        Figure(name="kills", value=num_killed, unit="count", goal=f">= {stages}", holds=num_killed >= stages),
        exactly("requests of a killed batch that are submitted twice", twice, 0),
        exactly("answers lost or wrong", lost, 0),
        at_most("cost against the least possible, all by batch", dearest, "x", DEARER),
    ]


def _killed(server: KillingServer, folder: Path, number: int) -> bool:
    command = [sys.executable, "-c", CLIENT, server.url, str(folder), str(number)]
    client = subprocess.Popen(command, cwd=REPOSITORY)
    server.kill(client.pid)
    return client.wait() == -signal.SIGKILL


def _cost(server: LoopbackServer, number: int) -> float:
    """What was paid for, over as many requests by batch."""
    paid = sum(_prices(server))
    cheapest = min(_prices(server)) * number
    return paid / cheapest


def _prices(server: LoopbackServer) -> Iterator[float]:
    for request in server.paid:
        price = PRICE.by_batch if request.batch else PRICE
        yield price.usd(request.num_prompt_tokens, 0, request.num_tokens)
