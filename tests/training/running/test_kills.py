"""Trainers that are killed or cancelled go on from a whole checkpoint, to the same weights bit for bit."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.training.plans import Plan, carried_out, given
from tests.training.runs import SETTINGS, write
from training.running.checkpoints import Spacing, last_checkpoint, mark_whole

POINTS = ("optimizer", "random states", "mark", "step", "anywhere")
KILLS = len(POINTS)
# those at which a checkpoint is there in part
IN_PART = 3


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path) -> Plan:
    """SFT that is killed in its saves again and again, DPO that is cancelled, and both left in peace."""
    root = tmp_path_factory.mktemp("killed")
    sft, dpo = given(root, tiny_model)
    told = {"checkpoint_minutes": 0, "settings": {**SETTINGS, "max_steps": KILLS + 2}}
    paths = {
        name: str(write(root / name, dataset, **told))
        for name, dataset in (("sft", sft), ("sft_whole", sft), ("dpo", dpo), ("dpo_whole", dpo))
    }

    def job(name: str, **stop: Any) -> dict[str, Any]:
        return {"trainer": name[:3], "config": paths[name], **stop}

    jobs = [job("sft_whole"), *(job("sft", stop="SIGKILL", point=point) for point in POINTS), job("sft")]
    jobs += [
        job("dpo_whole"),
        job("dpo", stop="SIGINT", nth=2),
        job("dpo", stop="SIGTERM", nth=2),
        job("dpo"),
    ]
    return carried_out(root, jobs)


def test_a_trainer_killed_in_its_saves_ends_in_the_same_weights(killed: Plan) -> None:
    ended = killed.of("sft")
    assert [end["codes"] for end in ended] == [[-9]] * KILLS + [[0]]
    assert killed.model("sft") == killed.model("sft_whole")


def test_what_a_kill_cut_short_is_never_gone_on_from(killed: Plan) -> None:
    ended = killed.of("sft")
    halves = 0
    for before, after in pairwise(ended):
        resumed = [name for name in before["checkpoints"] if f"resumed from {name}\n" in after["said"]]
        assert resumed == before["whole"][-1:], (before, after)
        halves += before["whole"] != before["checkpoints"]
    assert halves >= IN_PART


def test_a_cancelled_trainer_ends_soon_without_a_model_and_goes_on_later(killed: Plan) -> None:
    interrupted, terminated, last = killed.of("dpo")
    assert (interrupted["codes"], terminated["codes"]) == ([-2], [-15])
    assert max(end["seconds"] for end in (interrupted, terminated)) < 5
    assert not any(end["model"] for end in (interrupted, terminated))
    assert f"resumed from {interrupted['whole'][-1]}\n" in terminated["said"]
    assert f"resumed from {terminated['whole'][-1]}\n" in last["said"] and last["codes"] == [0]
    assert killed.model("dpo") == killed.model("dpo_whole")


FILES = ("model.safetensors", "optimizer.pt", "rng_state.pth", "trainer_state.json", "deep/shard.bin")


def checkpoint(folder: Path, step: int) -> Path:
    """A checkpoint's files, not yet marked."""
    path = folder / f"checkpoint-{step}"
    (path / "deep").mkdir(parents=True)
    for name in FILES:
        (path / name).write_text('{"whole": true}')
    return path


@pytest.mark.parametrize("name", [*FILES, "whole.json"])
@pytest.mark.parametrize("cut", [None, 0, 9])
def test_a_checkpoint_that_lacks_anything_is_removed(name: str, cut: int | None, tmp_path: Path) -> None:
    for step in (9, 10):
        mark_whole(checkpoint(tmp_path, step))
    assert last_checkpoint(tmp_path) == str(tmp_path / "checkpoint-10")
    path = tmp_path / "checkpoint-10" / name
    if cut is None:
        path.unlink()
    else:
        path.write_text(path.read_text()[:cut])
    assert last_checkpoint(tmp_path) == str(tmp_path / "checkpoint-9")
    assert not (tmp_path / "checkpoint-10").exists()


def test_without_a_whole_checkpoint_a_run_begins_at_its_beginning(tmp_path: Path) -> None:
    assert last_checkpoint(tmp_path / "none") is None
    checkpoint(tmp_path, 3)
    assert last_checkpoint(tmp_path) is None and not list(tmp_path.iterdir())


def test_checkpoints_take_a_twentieth_of_the_time_at_most_and_come_no_sooner_than_asked() -> None:
    now = 0.0
    spacing = Spacing(5, lambda: now)
    assert not spacing.is_due()
    now = 300
    assert spacing.is_due()
    spacing.begin()
    now += 10
    spacing.end()
    assert spacing.seconds == 300
    now += 300
    assert spacing.is_due()
    spacing.begin()
    now += 60
    spacing.end()
    # 60 s of saving and 19 times as long without
    assert spacing.seconds == pytest.approx(60 * 19)
    now += 60 * 19 - 1
    assert not spacing.is_due()
    now += 2
    assert spacing.is_due()


def test_where_a_checkpoint_is_asked_for_at_every_step_it_comes_whatever_it_takes() -> None:
    now = 0.0
    spacing = Spacing(0, lambda: now)
    spacing.begin()
    now = 60
    spacing.end()
    assert spacing.is_due()
