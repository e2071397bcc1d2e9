"""A page that is sent as its rows are found: it begins before it ends, and ends with its reader."""

import threading
from collections.abc import Iterator

import anyio
from starlette.types import Message

from datasets_registry.registry import Registry
from datasets_registry.rows.rlaif import PreferencePair
from datasets_registry.version import Derivation
from studio.queries.filters import Condition
from studio.queries.search import Search
from studio.streaming import FoundPage
from tests.rows import make

PATIENCE = 30.0


def test_a_browser_that_leaves_ends_the_search_at_once() -> None:
    begun, stopped, waited = anyio.Event(), threading.Event(), threading.Event()

    def searching() -> Iterator[str]:
        yield "first hits"
        if not stopped.wait(PATIENCE):
            waited.set()
        yield "never sent"

    sent: list[bytes] = []

    async def receive() -> Message:
        await begun.wait()
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.body":
            sent.append(message["body"])
            begun.set()

    async def visit() -> None:
        await FoundPage(searching(), stopped.set)({"type": "http"}, receive, send)

    anyio.run(visit)
    assert stopped.is_set() and not waited.is_set() and sent == [b"first hits"]


def test_a_search_is_stopped_amid_its_query(registry: Registry) -> None:
    pairs = [make(PreferencePair, pair_id=f"{number:03}") for number in range(200)]
    made = Derivation(code_version="1", settings={}, inputs=())
    version = registry.record_checks(registry.commit(PreferencePair, pairs, made), [])
    # it takes minutes where nobody interrupts it
    endless = Condition(
        "(SELECT count(*) FROM range(1000000000) AS a, range(1000) AS b WHERE a.range + b.range < 0) > 0"
    )
    search = Search(registry, version, ("prompt",), "", [endless])
    timer = threading.Timer(0.3, search.stop)
    timer.start()
    assert list(search.hits()) == [] and search.is_stopped
    timer.join()
