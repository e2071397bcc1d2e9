"""A run's lookups and estimates by the row, over ledgers of ten thousand to a million completions."""

import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.ledger import fill, key
from benchmarks.sides.alone import alone, peak_megabytes
from benchmarks.sides.figure import Figure, at_most
from generation.ledger.compaction import MANY_SEGMENTS, compact
from generation.ledger.history import Histories
from generation.ledger.known import Known
from generation.ledger.ledger import Ledger, Origin
from generation.request import Message, Request
from generation.spending import Price, estimate

SIZES, QUICK_SIZES = (10_000, 100_000, 1_000_000), (8_000, 32_000)
# rows that are asked for at a time, half of them stored
WINDOW = 4_000
GROWTH = 1.2
ASKED = Request(messages=(Message(role="user", content="a question"),))


def measure(quick: bool) -> Iterator[Figure]:
    """Time by the row for each size, and how it grows from the least to the most rows."""
    costs = []
    for num_rows in QUICK_SIZES if quick else SIZES:
        with tempfile.TemporaryDirectory(prefix="trimtab-scale-") as folder:
            microseconds, megabytes = alone(run_over, Path(folder), num_rows)
        costs.append(microseconds)
        name = f"ledger of {num_rows:,}"
        yield Figure(name=f"{name}: lookup and estimate", value=microseconds, unit="µs of CPU a row")
        yield Figure(name=f"{name}: peak memory", value=megabytes, unit="MB")
    yield at_most("lookup and estimate: most rows / fewest rows", costs[-1] / costs[0], "ratio", GROWTH)


def run_over(folder: Path, num_rows: int) -> tuple[float, float]:
    """Microseconds by the row of a run over as many stored rows and as many new ones; peak megabytes.

    New rows are stored after each window, and merged as a run merges them, outside the clock.
    """
    fill(folder, num_rows)
    ledger = Ledger(folder)
    compact(ledger)
    known, histories = Known(ledger), Histories(ledger, Origin("m" * 64, "vllm", "a"))
    half, seconds = WINDOW // 2, 0.0
    for first in range(0, num_rows, half):
        seconds += _clocked(known, histories, range(first, first + half), num_rows)
        fill(folder, half, num_rows + first)
        compact(ledger, at_least=MANY_SEGMENTS)
    return seconds / (2 * num_rows) * 1e6, peak_megabytes()


def _clocked(known: Known, histories: Histories, numbers: Sequence[int], num_rows: int) -> float:
    """CPU seconds of one window: the keys of ``numbers`` are stored, as many others are not."""
    stored = [key(number) for number in numbers]
    keys = stored + [key(num_rows + number) for number in numbers]
    start = time.process_time()
    found = known.find(keys)
    estimate([ASKED] * (len(keys) - len(found)), Price(), histories.of)
    seconds = time.process_time() - start
    assert found.keys() == set(stored)
    return seconds
