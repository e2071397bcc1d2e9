"""Commits version after version and says so: python -m tests.datasets_registry.committing ROOT FIRST."""

import random
import sys
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pyarrow as pa

from datasets_registry.registry import Registry
from datasets_registry.rows.evaluation import SuiteFigure
from datasets_registry.rows.row import to_table
from datasets_registry.state import State
from datasets_registry.store import chunks, key_order
from datasets_registry.version import Derivation

# two datasets of one transaction, and one whose rows arrive as a stream in no order
PAIR, STREAM = ("left", "right"), "stream"
NUM_ROWS = {"left": 150, "right": 250, "stream": 1_000}


def cut_small() -> None:
    """Let a few hundred rows make several objects, and a thousand an external sort."""
    chunks.MIN_ROWS, chunks.MEAN_MORE_ROWS, chunks.MAX_ROWS = 30, 30, 100
    key_order.RUN_BYTES, key_order.PIECE_BYTES = 16_384, 4_096


def rows_of(name: str, step: int) -> list[SuiteFigure]:
    """The rows of dataset ``name`` at ``step``, in key order; no two steps share a row."""
    return [
        SuiteFigure(
            model=f"{name} {step}",
            suite="helpful",
            metric=f"{place:05}",
            value=place / 7,
            low=None,
            high=float(step),
            num_items=place,
        )
        for place in range(NUM_ROWS[name])
    ]


def batches_of(name: str, step: int) -> Iterator[pa.RecordBatch]:
    """The same rows, shuffled, as Arrow batches."""
    rows = rows_of(name, step)
    random.Random(step).shuffle(rows)
    yield from to_table(SuiteFigure, rows).to_batches(max_chunksize=100)


def commit_step(registry: Registry, step: int) -> None:
    """One transaction over two datasets, then a streaming commit, then its publication."""
    derivation = Derivation(code_version="1", settings={"step": step}, inputs=())
    staged = [registry.stage(SuiteFigure, rows_of(name, step), name) for name in PAIR]
    registry.commit_staged(staged, derivation)
    _say("committed", *PAIR, step)
    version = registry.commit(SuiteFigure, batches_of(STREAM, step), derivation, STREAM)
    _say("committed", STREAM, step)
    registry.record_checks(version, [])


def _say(*words: object) -> None:
    print(*words, flush=True)


def main() -> None:
    """Commit until somebody ends the process."""
    cut_small()
    registry = Registry(State(Path(sys.argv[1])).prepare())
    for step in count(int(sys.argv[2])):
        _say("begun", step)
        commit_step(registry, step)
        _say("done", step)


if __name__ == "__main__":
    main()
