"""A million rows of preferences with steps, as Arrow batches: random words, so sizes are relative."""

import hashlib
import random
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pyarrow as pa
from pydantic import BaseModel, Field

from datasets_registry.rows.row import Row, arrow_schema

BATCH_ROWS = 10_000


class Step(BaseModel):
    """A step of a solution with its rollouts."""

    text: str
    label: int
    n_correct: int
    n_rollouts: int


class Example(Row):
    """A preference pair with a list of steps."""

    dataset: ClassVar[str] = "examples"
    grain: ClassVar[str] = "One row per example."
    key: ClassVar[tuple[str, ...]] = ("id",)

    id: str = Field(description="Hash")
    prompt: str = Field(description="About 690 characters")
    chosen: str = Field(description="About 690 characters")
    rejected: str = Field(description="About 690 characters")
    steps: list[Step] = Field(description="2 to 7 steps")


SCHEMA = arrow_schema(Example)


def write_rows(path: Path, num_rows: int, in_order: bool) -> None:
    """``num_rows`` rows as an Arrow file; their ids are hashes, ascending if ``in_order``."""
    rng = random.Random(0)
    words = ["".join(rng.choices("abcdefghijklmnopqrstuvwxyz", k=rng.randint(2, 9))) for _ in range(3_000)]
    prose = " ".join(rng.choices(words, k=400_000))
    ids = [hashlib.sha256(str(number).encode()).hexdigest()[:16] for number in range(num_rows)]
    if in_order:
        ids.sort()
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, SCHEMA) as writer:
        for start in range(0, num_rows, BATCH_ROWS):
            writer.write_table(_batch(ids[start : start + BATCH_ROWS], prose, rng))


def _batch(ids: list[str], prose: str, rng: random.Random) -> pa.Table:
    def texts() -> list[str]:
        places = [rng.randrange(len(prose) - 800) for _ in ids]
        return [prose[place : place + rng.randint(590, 790)] for place in places]

    def steps() -> list[dict[str, object]]:
        starts = [rng.randrange(len(prose) - 80) for _ in range(rng.randint(2, 7))]
        return [
            {
                "text": prose[start : start + 80],
                "label": rng.randint(0, 1),
                "n_correct": rng.randint(0, 8),
                "n_rollouts": 8,
            }
            for start in starts
        ]

    columns = {"prompt": texts(), "chosen": texts(), "rejected": texts(), "steps": [steps() for _ in ids]}
    return pa.table({"id": ids, **columns}, schema=SCHEMA)


def batches(path: Path) -> Iterator[pa.RecordBatch]:
    """The file's batches, one at a time."""
    with pa.OSFile(str(path)) as file, pa.ipc.open_file(file) as reader:
        for number in range(reader.num_record_batches):
            yield reader.get_batch(number)


def edited(path: Path, num_rows: int, clustered: bool) -> Iterator[pa.RecordBatch]:
    """The file's batches with 1 % of the rows changed: the middle ones, or every hundredth."""
    middle = num_rows // 2
    changed = set(range(middle, middle + num_rows // 100)) if clustered else set(range(0, num_rows, 100))
    for number, batch in enumerate(batches(path)):
        places = range(number * BATCH_ROWS, number * BATCH_ROWS + len(batch))
        if changed.isdisjoint(places):
            yield batch
            continue
        texts = batch["chosen"].to_pylist()
        answers = [f"{text}!" if row in changed else text for row, text in zip(places, texts, strict=True)]
        yield batch.set_column(2, SCHEMA.field("chosen"), pa.array(answers, pa.string()))


def multiplied(path: Path, times: int) -> Iterator[pa.RecordBatch]:
    """The file's batches ``times`` over, each time under other ids: nothing large is stored."""
    for turn in range(times):
        for batch in batches(path):
            ids = [f"{row_id[::-1]}{turn:02}" for row_id in batch["id"].to_pylist()]
            yield batch.set_column(0, SCHEMA.field("id"), pa.array(ids, pa.string()))
