"""A million stored completions: lookups, memory, merging: python benchmarks/ledger.py [--json] [--quick]."""

import hashlib
import random
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

# run as a file, this folder would hide the package of the same name
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.sides.alone import alone, peak_megabytes
from benchmarks.sides.figure import Figure, repeated, run
from datasets_registry.views.ledger_columns import LEDGER_SCHEMA
from generation.completer import Completer
from generation.ledger.compaction import compact
from generation.ledger.ledger import Ledger
from generation.ledger.segments import new_name
from generation.request import Completion, Message, Request, SamplingParams
from generation.scripted import ScriptedBackend

ROWS, QUICK_ROWS = 1_000_000, 50_000
REPEATS = 5
SAMPLES = 4
# a run flushes fewer completions at once only where it is slower than two hundred a second
SEGMENT = 1_000


def key(number: int) -> str:
    """The key of the stored completion ``number``."""
    return hashlib.sha256(str(number).encode()).hexdigest()


def fill(folder: Path, num_rows: int, start: int = 0) -> None:
    """Segments as a run leaves them, whose first completion has the number ``start``.

    1,000 completions each, with requests of 500 and texts of 300 characters.
    """
    rng = random.Random(0)
    words = ["".join(rng.choices("abcdefghijklmnopqrstuvwxyz", k=rng.randint(2, 9))) for _ in range(3_000)]
    prose = " ".join(rng.choices(words, k=400_000))
    for first in range(start, start + num_rows, SEGMENT):
        starts = [rng.randrange(len(prose) - 800) for _ in range(SEGMENT)]
        table = _segment(range(first, first + SEGMENT), prose, starts)
        pq.write_table(table, folder / new_name(), compression="zstd")


def _segment(numbers: Sequence[int], prose: str, starts: Sequence[int]) -> pa.Table:
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    differing = {
        "key": [key(number) for number in numbers],
        "created_at": [begin + timedelta(milliseconds=number) for number in numbers],
        "request": [
            f'{{"messages":[{{"role":"user","content":"{prose[start : start + 440]}"}}]}}' for start in starts
        ],
        "text": [prose[start + 450 : start + 750] for start in starts],
    }
    alike = {
        "model": "m" * 64,
        "backend": "vllm",
        "asset": "a",
        "finish_reason": "stop",
        "num_prompt_tokens": 120,
        "num_cached_tokens": 20,
        "num_completion_tokens": 60,
        "usd": 0.0,
        "seconds": 0.01,
    }
    columns = [differing.get(name, [alike.get(name)] * len(numbers)) for name in LEDGER_SCHEMA.names]
    return pa.table(dict(zip(LEDGER_SCHEMA.names, columns, strict=True)), schema=LEDGER_SCHEMA)


def open_ledger(folder: Path) -> tuple[list[float], float]:
    """Seconds until a new process has found its first completion, and peak megabytes."""
    start = time.perf_counter()
    assert len(Ledger(folder).find([key(0)])) == 1
    return [time.perf_counter() - start], peak_megabytes()


def look_up(folder: Path, num_rows: int, batch: int, present: bool) -> tuple[list[float], float]:
    """Lookups per second of each repeat, and peak megabytes."""
    rng, ledger, rates = random.Random(1), Ledger(folder), []
    for _ in range(REPEATS):
        keys = [key(number if present else -number - 1) for number in rng.sample(range(num_rows), batch)]
        start = time.perf_counter()
        completions = ledger.find(keys)
        rates.append(batch / (time.perf_counter() - start))
        assert len(completions) == (batch if present else 0)
    return rates, peak_megabytes()


def merge(folder: Path) -> tuple[list[float], float]:
    """Seconds that compaction takes, and peak megabytes."""
    start = time.perf_counter()
    assert compact(Ledger(folder)).num_segments == 1
    return [time.perf_counter() - start], peak_megabytes()


def measure(quick: bool) -> Sequence[Figure]:
    """Every figure, over segments as they are written and over merged ones."""
    num_rows = QUICK_ROWS if quick else ROWS
    figures = [edited(1_000 if quick else 10_000)]
    with temporary_folder() as folder:
        fill(folder, num_rows)
        figures += searches(folder, num_rows, f"{num_rows // SEGMENT:,} segments")
        seconds, megabytes = alone(merge, folder)
        figures += [
            repeated("compaction", seconds, "s"),
            repeated("compaction: peak memory", [megabytes], "MB", "<= 1500"),
        ]
        figures += searches(folder, num_rows, "compacted")
    return figures


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """A folder that is removed afterwards."""
    with tempfile.TemporaryDirectory(prefix="trimtab-ledger-") as folder:
        yield Path(folder)


def searches(folder: Path, num_rows: int, layout: str) -> Iterator[Figure]:
    """Opening, and lookups of many and of few."""
    many, few = min(num_rows // 2, 100_000), num_rows // 1_000
    seconds, _ = alone(open_ledger, folder)
    yield repeated(f"{layout}: open and find one", seconds, "s", "<= 1")
    rates, megabytes = alone(look_up, folder, num_rows, many, True)
    yield repeated(f"{layout}: {many:,} stored at a time", rates, "lookups/s", ">= 50000")
    yield repeated(f"{layout}: peak memory", [megabytes], "MB", "<= 1500")
    rates, _ = alone(look_up, folder, num_rows, many, False)
    yield repeated(f"{layout}: {many:,} not stored at a time", rates, "lookups/s", ">= 50000")
    rates, _ = alone(look_up, folder, num_rows, few, True)
    yield repeated(f"{layout}: finding {few:,} takes", [few / rate for rate in rates], "s")


def edited(num_prompts: int) -> Figure:
    """Completions generated after one prompt of many was edited: exactly those of that prompt."""
    with temporary_folder() as folder:
        prompts = [f"prompt {number}" for number in range(num_prompts)]
        ScriptedRun(folder).complete(prompts)
        second = ScriptedRun(folder)
        second.complete(["an edited prompt" if prompt == "prompt 7" else prompt for prompt in prompts])
        assert {request.messages[0].content for request in second.backend.requests} == {"an edited prompt"}
        name = f"one of {num_prompts:,} prompts edited: generated"
        return repeated(name, [len(second.backend.requests)], "completions", f"== {SAMPLES}")


class ScriptedRun:
    """A scripted backend behind the ledger in ``folder``."""

    def __init__(self, folder: Path) -> None:
        self.backend = ScriptedBackend(lambda request: f"{request.messages[0].content}: {request.sample}")
        self._complete = Completer(self.backend, Ledger(folder), asset="edited", report=lambda _: None)

    def complete(self, prompts: Sequence[str]) -> list[Completion]:
        """``SAMPLES`` completions of each prompt."""
        params = SamplingParams(max_tokens=16)
        requests = [
            Request(messages=(Message(role="user", content=prompt),), params=params, sample=sample)
            for prompt in prompts
            for sample in range(SAMPLES)
        ]
        return self._complete("answers", requests)


if __name__ == "__main__":
    run(measure, __doc__)
