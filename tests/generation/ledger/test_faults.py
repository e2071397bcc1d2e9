"""What a kill, a crowd or a full disk must not do: benchmarks/faults.py in small."""

from pathlib import Path

import pytest

from benchmarks.faults import full_disk, overlapping
from benchmarks.sides.generation.killed import Damage, kill_runs

SLOW = ("benchmarks.sides.generation.slow_words:open_slow", "slow")


def test_killed_runs_generate_nothing_again_and_end_like_an_undisturbed_one(tmp_path: Path) -> None:
    damage = kill_runs(*SLOW, tmp_path, kills=4, num_requests=200)
    assert damage == Damage(kills=4, flushed=damage.flushed) and damage.flushed > 0


def test_killed_runs_of_a_real_model_end_like_an_undisturbed_one(tmp_path: Path, tiny_model: Path) -> None:
    opening = "benchmarks.sides.generation.recorded_run:open_tiny"
    damage = kill_runs(opening, str(tiny_model), tmp_path, kills=2, num_requests=120)
    assert damage == Damage(kills=2, flushed=damage.flushed) and damage.flushed > 0


@pytest.mark.parametrize("kill_one", [False, True])
def test_four_processes_over_overlapping_sets_ask_for_each_key_once(tmp_path: Path, kill_one: bool) -> None:
    twice, damage = overlapping(tmp_path / "four", 200, kill_one=kill_one)
    assert twice == 0
    assert damage == Damage(kills=int(kill_one), flushed=damage.flushed) and damage.flushed > 150


def test_a_full_disk_is_a_clear_error_and_loses_nothing(tmp_path: Path) -> None:
    try:
        held = full_disk(tmp_path / "disk")
    except (PermissionError, FileNotFoundError) as error:
        pytest.skip(f"no small disk can be mounted: {error}")
    assert [name for name, holds in held.items() if not holds] == []
