"""What online trainers saw is kept step by step, once each, with every score and advantage."""

import os
import shutil
import signal
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

import pyarrow.parquet as pq
import pytest

from datasets_registry.rows.rounds.rollouts import Rollout
from tests.rows import make
from tests.training.conftest import Started
from tests.training.online_runs import SMALL, Trainer, curve, run
from tests.training.runs import newest_checkpoint
from training.grpo import grpo
from training.online.recording import StepFile, steps_of
from training.ppo.__main__ import ppo
from training.rloo import rloo

# two prompts a step, four samples of each
STEPS, FEW = 4, SMALL | {"number": 4, "max_steps": 4}


def rollout(step: int, completion: str, process: int = 0) -> Rollout:
    """A rollout of one of two processes, which have a group each."""
    return make(Rollout, "p1", step=step, completion=completion, process=process, group=process)


def kept(folder: Path) -> list[Rollout]:
    """What a finished run left."""
    return [Rollout.model_validate(row) for row in pq.read_table(folder / "rollouts.parquet").to_pylist()]


def groups(rollouts: list[Rollout]) -> Iterator[list[Rollout]]:
    """The samples of one prompt of one step, together."""
    for _, group in groupby(rollouts, lambda row: (row.step, row.group)):
        yield list(group)


@pytest.mark.parametrize("trainer", [grpo, rloo, ppo])
def test_a_run_that_goes_on_from_a_checkpoint_has_each_sample_once(
    started: Started, tmp_path: Path, trainer: Trainer
) -> None:
    run(trainer, tmp_path, settings=FEW, checkpoint_minutes=0)
    before = kept(tmp_path)
    shutil.rmtree(tmp_path / "model")
    (tmp_path / "rollouts.parquet").unlink()
    newest = newest_checkpoint(tmp_path)
    (newest / "trainer_state.json").write_text("cut short")
    (files,) = (tmp_path / "rollouts").iterdir()
    # a kill amid the last step's line
    lines = (files / "0.jsonl").read_bytes().splitlines(keepends=True)
    (files / "0.jsonl").write_bytes(b"".join([*lines[:-1], lines[-1][:99]]))
    trainer(tmp_path / "run.json", lambda _: None)
    after = kept(tmp_path)
    assert [(row.step, row.group, row.sample) for row in after] == [
        (step, group, sample) for step in range(1, STEPS + 1) for group in (0, 1) for sample in range(4)
    ]
    assert after == before
    assert len((files / "0.jsonl").read_bytes().splitlines()) == STEPS


@pytest.mark.parametrize("trainer", [grpo, rloo, ppo])
def test_scores_rewards_and_advantages_are_those_of_the_step(
    started: Started, tmp_path: Path, trainer: Trainer
) -> None:
    said = run(trainer, tmp_path, settings=FEW | {"beta": 0.0})
    rollouts, problems = kept(tmp_path), {problem.problem_id: problem for problem in started.problems}
    by_step = [
        fmean(row.reward or 0.0 for row in rows) for _, rows in groupby(rollouts, lambda row: row.step)
    ]
    assert by_step == pytest.approx(curve(said, "rewards/verifier")) and 0 < fmean(by_step) < 1
    for row in rollouts:
        assert (row.policy, row.prompt) == ("policy", problems[row.prompt_id].prompt)
        assert row.answer == problems[row.prompt_id].answer and row.process == 0
        assert [(signal.signal, signal.score) for signal in row.signals] == [("verifier", row.reward)]
        assert row.finish_reason in ("stop", "length") and 1 <= row.num_tokens <= 16
    for group in groups(rollouts):
        rewards = [row.reward or 0.0 for row in group]
        assert len({row.prompt_id for row in group}) == 1
        wanted: list[Any] = [row.advantage for row in group]
        if trainer is grpo:
            wanted = [(reward - fmean(rewards)) / (stdev(rewards) + 1e-4) for reward in rewards]
        elif trainer is rloo:
            wanted = [reward - (sum(rewards) - reward) / 3 for reward in rewards]
        assert [row.advantage for row in group] == pytest.approx(wanted, abs=1e-3)
        assert None not in wanted


def test_a_run_may_keep_none(started: Started, tmp_path: Path) -> None:
    run(grpo, tmp_path, settings=FEW | {"max_steps": 2}, rollouts=False)
    assert (tmp_path / "model").exists()
    assert not (tmp_path / "rollouts").exists() and not (tmp_path / "rollouts.parquet").exists()


def test_a_kill_loses_no_step_that_was_kept(tmp_path: Path) -> None:
    path = tmp_path / "0.jsonl"
    child = os.fork()
    if not child:
        file = StepFile(path)
        for step in (1, 2, 3):
            file.append(step, [rollout(step, "first")])
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)
    assert [[row.step for row in rows] for rows in steps_of(tmp_path)] == [[1], [2], [3]]


def test_a_step_that_is_done_again_replaces_what_it_was(tmp_path: Path) -> None:
    for process in (0, 1):
        file = StepFile(tmp_path / f"{process}.jsonl")
        for step, text in ((1, "first"), (2, "first"), (3, "first")):
            file.append(step, [rollout(step, text, process)])
    with (tmp_path / "1.jsonl").open("ab") as torn:
        torn.write(b'{"step": 4, "rollouts": [{"pol')
    assert [rows[0].step for rows in steps_of(tmp_path)] == [1, 2, 3]
    # process 0 was killed before it had drawn for step 4, and both go on from a checkpoint after step 1
    for process in (0, 1):
        file = StepFile(tmp_path / f"{process}.jsonl")
        for step in (2, 3, 4):
            file.append(step, [rollout(step, "again", process)])
    found = [[(row.step, row.process, row.completion) for row in rows] for rows in steps_of(tmp_path)]
    assert found == [
        [(step, process, "first" if step == 1 else "again") for process in (0, 1)] for step in (1, 2, 3, 4)
    ]
