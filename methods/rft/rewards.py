"""Rewards of samples by a judge or an outcome reward model, after they were drawn and verified."""

import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from datasets_registry.rows.rft import Candidate
from datasets_registry.rows.row import arrow_schema
from datasets_registry.rows.words import Signal
from generation.completer import Complete
from generation.request import Message
from methods.judging.score import Scored, ScoreSettings, score_completions

if TYPE_CHECKING:
    import pyarrow as pa

    from generation.scoring.outcomes import Answered

# what a judge rewards
SIGNAL: Signal = "helpfulness"

# the score of each row of ``Candidate`` columns, or None where it has none
Reward = Callable[["pa.Table"], Sequence[float | None]]
# the same rows with a reward in place of the verifier's
Rewarding = Callable[["pa.Table"], "pa.Table"]


def by_judge(complete: Complete, model: str, settings: ScoreSettings) -> Reward:
    """Each sample's helpfulness as scored by the judge ``model``; None where the score could not be read."""

    def reward(samples: "pa.Table") -> list[float | None]:
        scored = [Scored(answered.messages, answered.completion, SIGNAL) for answered in answered_by(samples)]
        return [score.score for score in score_completions("scores", scored, complete, model, settings)]

    return reward


class Scorer(Protocol):
    """A reward model that scores whole answers; None beyond its window."""

    def scores(self, answers: "Sequence[Answered]") -> list[float | None]:
        """One score per answer."""
        ...


def by_reward_model(scorer: Scorer) -> Reward:
    """Each sample's score, which orders the samples of one problem; None for one that failed."""

    def reward(samples: "pa.Table") -> list[float | None]:
        finished = samples["accepted"].is_valid().to_pylist()
        answers = [answered for answered, whole in zip(answered_by(samples), finished, strict=True) if whole]
        scores = iter(scorer.scores(answers) if answers else [])
        return [next(scores) if whole else None for whole in finished]

    return reward


def rewarded(samples: "pa.Table", reward: Reward) -> "pa.Table":
    """The samples with this reward in place of the verifier's."""
    import pyarrow as pa

    place = samples.schema.get_field_index("reward")
    rewards = pa.array(reward(samples), samples.schema.field(place).type)
    return samples.set_column(place, samples.schema.field(place), rewards)


@contextmanager
def drawn(tables: "Iterable[pa.Table]") -> "Iterator[Iterator[pa.Table]]":
    """The same tables after the last one was made, kept in a file meanwhile.

    Who draws is done with its card before anybody rewards: a judge or a reward model seldom fits beside it.
    """
    import pyarrow as pa

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "drawn.arrow"
        with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, arrow_schema(Candidate)) as writer:
            borders = [_write(writer, table) for table in tables]
        with pa.memory_map(str(path)) as source:
            yield _read(pa.ipc.open_file(source), borders)


def _write(writer: "pa.ipc.RecordBatchFileWriter", table: "pa.Table") -> int:
    """Write a table; how many batches it took."""
    batches = table.to_batches()
    for batch in batches:
        writer.write_batch(batch)
    return len(batches)


def _read(reader: "pa.ipc.RecordBatchFileReader", sizes: Iterable[int]) -> "Iterator[pa.Table]":
    import pyarrow as pa

    first = 0
    for size in sizes:
        yield pa.Table.from_batches(
            [reader.get_batch(place) for place in range(first, first + size)], reader.schema
        )
        first += size


def answered_by(samples: "pa.Table") -> "list[Answered]":
    """The completions of rows of ``Candidate`` columns, with what they answer."""
    from generation.scoring.outcomes import Answered

    texts = zip(samples["prompt"].to_pylist(), samples["completion"].to_pylist(), strict=True)
    return [Answered((Message(role="user", content=prompt),), completion) for prompt, completion in texts]
