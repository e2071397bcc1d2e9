"""What online trainers saw, kept as it comes: a file for each process, merged when the model is whole."""

import json
import math
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from datasets_registry.exporting.places import ROLLOUTS
from datasets_registry.hashing import content_id
from datasets_registry.rows.imported import ChatMessage
from datasets_registry.rows.rounds.rollouts import Rollout, SignalScore
from datasets_registry.rows.row import arrow_schema, to_table
from datasets_registry.state import durable
from training.data.prompts import OnlineRow, OnlineRun
from training.data.rows import prompt_messages, split_group
from training.running import ranks

if TYPE_CHECKING:
    from training.online.rewards import Rewarded

# what a prompt is called in the datasets that there are
_IDS = ("problem_id", "prompt_id", "id", "pair_id")


class Sampled(NamedTuple):
    """A completion of a row's prompt; ``ended`` says that it was not cut."""

    row: OnlineRow
    completion: str
    ended: bool
    num_tokens: int


@dataclass
class Recorder:
    """What one process of a run keeps of each step: samples with their rewards, then with advantages."""

    policy: str
    num_draws: int
    system_text: str | None
    file: "StepFile"
    _seen: "tuple[Sequence[Sampled], Rewarded] | None" = field(default=None, init=False)

    def saw(self, samples: Sequence[Sampled], rewarded: "Rewarded") -> None:
        """The samples of a step, those of a prompt together, and what they earned."""
        self._seen = samples, rewarded

    def learns(self, step: int, advantages: Sequence[float | None]) -> None:
        """Keep the samples seen last, which ``step``, from 1, learns from; on disk when this returns."""
        assert self._seen is not None, "samples are seen before they are learned from"
        samples, rewarded = self._seen
        # the samples of all processes make the groups together
        first = ranks.number() * len(samples)
        self.file.append(
            step,
            [
                self._rollout(step, first + place, sample, rewarded, place, advantage)
                for place, (sample, advantage) in enumerate(zip(samples, advantages, strict=True))
            ],
        )
        self._seen = None

    def _rollout(
        self,
        step: int,
        number: int,
        sample: Sampled,
        rewarded: "Rewarded",
        place: int,
        advantage: float | None,
    ) -> Rollout:
        *before, asked = prompt_messages(sample.row, None)
        reward = rewarded.rewards[place]
        learned = reward is not None and advantage is not None and math.isfinite(advantage)
        return Rollout(
            policy=self.policy,
            step=step,
            group=number // self.num_draws,
            sample=number % self.num_draws,
            process=ranks.number(),
            prompt_id=_prompt_id(sample.row),
            prompt=asked.content,
            history=[ChatMessage(role=turn.role, content=turn.content) for turn in before],
            system_text=self.system_text,
            answer=sample.row.get("answer"),
            split_group=split_group(sample.row),
            completion=sample.completion,
            finish_reason="stop" if sample.ended else "length",
            num_tokens=sample.num_tokens,
            signals=[
                SignalScore(signal=name, score=scores[place]) for name, scores in rewarded.signals.items()
            ],
            reward=reward,
            advantage=advantage if learned else None,
        )


def _prompt_id(row: Mapping[str, object]) -> str:
    """The row's own id; where it has none, the hash of its prompt."""
    return next((str(row[name]) for name in _IDS if row.get(name)), content_id(row["prompt"]))


class StepFile:
    """The rollouts of one process, a line for each step; a line that a kill cut short is taken off."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        with path.open("ab+") as file:
            file.truncate(_whole_bytes(file))

    def append(self, step: int, rollouts: Sequence[Rollout]) -> None:
        """Add a step; it is on disk when this returns."""
        line = {"step": step, "rollouts": [rollout.model_dump(mode="json") for rollout in rollouts]}
        with self._path.open("ab") as file:
            file.write(json.dumps(line).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())


def _whole_bytes(file: BinaryIO) -> int:
    """The bytes of a file's whole lines."""
    file.seek(0)
    return sum(len(line) for line in file if line.endswith(b"\n"))


def open_recorder(run: OnlineRun) -> Recorder | None:
    """What this process keeps its samples by; None where the run keeps none."""
    if not run.config.rollouts:
        return None
    settings = run.settings
    path = _folder(run) / f"{ranks.number()}.jsonl"
    return Recorder(run.config.name, settings.num_draws, run.config.system_text, StepFile(path))


def merge_rollouts(run: OnlineRun) -> None:
    """Write what all processes kept to one Parquet file beside the model, in the order of keys.

    A step that was done again after a checkpoint is taken as it was done last, which the model learned from.
    """
    if run.config.rollouts:
        import pyarrow.parquet as pq

        with (
            durable(run.config.output / ROLLOUTS) as temporary,
            pq.ParquetWriter(temporary, arrow_schema(Rollout)) as writer,
        ):
            for rollouts in steps_of(_folder(run)):
                writer.write_table(to_table(Rollout, rollouts))


def steps_of(folder: Path) -> Iterator[list[Rollout]]:
    """The rollouts of each step, of all processes together, one step in memory at a time."""
    paths = sorted(folder.glob("*.jsonl"), key=lambda path: int(path.stem))
    places = {path: _places(path) for path in paths}
    for step in sorted({step for known in places.values() for step in known}):
        rollouts = [
            rollout for path in paths if step in places[path] for rollout in _read(path, places[path][step])
        ]
        yield sorted(rollouts, key=lambda rollout: (rollout.group, rollout.sample))


def _places(path: Path) -> dict[int, int]:
    """Where the last line of each step begins."""
    places, begins = {}, 0
    with path.open("rb") as file:
        for line in file:
            if line.endswith(b"\n"):
                places[int(json.loads(line)["step"])] = begins
            begins += len(line)
    return places


def _read(path: Path, begins: int) -> list[Rollout]:
    with path.open("rb") as file:
        file.seek(begins)
        return [Rollout.model_validate(rollout) for rollout in json.loads(file.readline())["rollouts"]]


def _folder(run: OnlineRun) -> Path:
    """Of this run alone, as its checkpoints are: another one of the same output has another identity."""
    return run.config.output / "rollouts" / run.checkpoints.name
