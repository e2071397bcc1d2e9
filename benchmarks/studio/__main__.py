"""The studio on a version of a million pairs: python -m benchmarks.studio.

Pages are asked for in process, as a browser would; a search is one for a word that one pair in 50,000 holds.
"""

import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psutil
from starlette.testclient import TestClient

from benchmarks.sides.figure import Figure, repeated, run
from benchmarks.studio.many_pairs import RARE_WORD, commit_pairs
from datasets_registry.registry import Registry
from datasets_registry.state import State
from datasets_registry.version import Version
from studio.pages.choices import PAIRS
from studio.queries.search import Search
from studio.security import HOST
from studio.server import application

TOKEN, PORT = "measured", 3210
REPEATS = 5
NOWHERE = "nowhere at all"
MIB = 1 << 20
FILTERED = {"label": "tie", "principle": "principle_3"}


def measure(quick: bool) -> Sequence[Figure]:
    """CPU of first and filtered pages and of distributions, seconds of ordered ones and of hits, memory."""
    count, further = (100_000, 10) if quick else (1_000_000, 100)
    with tempfile.TemporaryDirectory(prefix="trimtab-studio-") as folder:
        registry = Registry(State(Path(folder)).prepare())
        version = commit_pairs(registry, count)
        page = f"/pairs/{version}"
        with _browser(registry) as browser:
            cpu, seconds = time.process_time, time.monotonic
            figures = [
                _figure("first page of pairs", cpu, browser, page, {}, "s of CPU", "<= 0.3"),
                _figure("page by label and principle", cpu, browser, page, FILTERED, "s of CPU", "<= 1"),
                _figure("page, least sure first", seconds, browser, page, {"order": "unsure"}, "s"),
                _figure("page, longest first", seconds, browser, page, {"order": "longest"}, "s"),
            ]
            growth = _growth(browser, page, further)
            drawn = repeated("distributions, first asked for", _distributions(browser, version), "s of CPU")
        return [
            *figures,
            drawn,
            repeated("first hits of a rare word", _first_hits(registry, version), "s", "<= 2"),
            repeated("whole search for what is nowhere", _whole_search(registry, version), "s of CPU"),
            repeated("a stopped search ends within", _ends_within(registry, version), "s", "<= 0.2"),
            repeated(f"memory after {further} more pages", [growth], "MiB", "<= 64"),
        ]


@contextmanager
def _browser(registry: Registry) -> Iterator[TestClient]:
    app = application(lambda: registry, TOKEN, PORT)
    with TestClient(app, base_url=f"http://{HOST}:{PORT}") as browser:
        assert browser.get("/", params={"token": TOKEN}).status_code == 200
        yield browser


def _figure(
    name: str,
    clock: Callable[[], float],
    browser: TestClient,
    page: str,
    words: dict[str, str],
    unit: str,
    goal: str | None = None,
) -> Figure:
    """The median of five, the first of which is not left out."""
    taken = []
    for _ in range(REPEATS):
        before = clock()
        answer = browser.get(page, params=words)
        taken.append(clock() - before)
        assert answer.status_code == 200 and answer.text.count("<article") == 25
    return repeated(name, taken, unit, goal)


def _distributions(browser: TestClient, version: Version) -> list[float]:
    """CPU of as many pages of distributions, each under a filter that nobody asked for before."""
    taken = []
    for confidence in ("", "sure", "likely", "unsure"):
        before = time.process_time()
        answer = browser.get(f"/distributions/{version}", params={"confidence": confidence})
        taken.append(time.process_time() - before)
        assert answer.status_code == 200 and answer.text.count("<svg") == 4
    return taken


def _whole_search(registry: Registry, version: Version) -> list[float]:
    taken = []
    for _ in range(REPEATS):
        before = time.process_time()
        assert not list(Search(registry, version, PAIRS.texts, NOWHERE, []).hits())
        taken.append(time.process_time() - before)
    return taken


def _first_hits(registry: Registry, version: Version) -> list[float]:
    taken = []
    for _ in range(REPEATS):
        before = time.monotonic()
        first = next(Search(registry, version, PAIRS.texts, RARE_WORD, []).hits())
        taken.append(time.monotonic() - before)
        assert first
    return taken


def _ends_within(registry: Registry, version: Version) -> list[float]:
    """Seconds from a stop amid a search for what is nowhere, to its end."""
    taken = []
    for _ in range(REPEATS):
        search = Search(registry, version, PAIRS.texts, NOWHERE, [])
        reading = threading.Thread(target=lambda search=search: list(search.hits()))
        reading.start()
        # amid a query: none of a hundred files takes so little
        time.sleep(0.05)
        before = time.monotonic()
        search.stop()
        reading.join()
        taken.append(time.monotonic() - before)
        assert search.is_stopped
    return taken


def _growth(browser: TestClient, page: str, further: int) -> float:
    """MiB that the process has more after ``further`` pages, one after the other."""
    process, address = psutil.Process(), page
    before = process.memory_info().rss
    for _ in range(further):
        text = browser.get(address).text
        address = text.rpartition('class="button next" href="')[2].partition('"')[0].replace("&amp;", "&")
        assert address.startswith("/pairs/")
    return float(process.memory_info().rss - before) / MIB


if __name__ == "__main__":
    run(measure, __doc__)
