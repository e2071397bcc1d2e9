"""The benchmark of kills sees what it looks for: each kind of damage, planted, turns its figure red."""

import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from benchmarks.kills.__main__ import _wrong
from benchmarks.kills.inspecting import looked_at
from benchmarks.kills.lanes import planned
from benchmarks.kills.processes import answer, ended, start, wait
from benchmarks.kills.stages import STAGES, Place
from benchmarks.kills.trials import SIGNALS, WRONG, Trial, compare
from datasets_registry.registry import Registry
from datasets_registry.rows.evaluation import SuiteFigure
from datasets_registry.version import Derivation
from quality.auditing.publishing import publish
from tests.rows import make

WHOLE: dict[str, Any] = {
    "versions": {"a": "1"},
    "keys": ["k"],
    "trained": None,
    "twice": 0,
    "damage": [],
    "left": [],
}


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    """A trial's folder with one version in its state."""
    place = Place(tmp_path)
    monkeypatch.setenv("TRIMTAB_HOME", str(place.state.root))
    monkeypatch.delenv("TRIMTAB_CATALOG", raising=False)
    registry = Registry(place.state.prepare())
    publish(registry, SuiteFigure, [make(SuiteFigure)], Derivation(code_version="1", settings={}, inputs=()))
    registry.engine.dispose()
    return place


def test_every_signal_falls_on_every_stage_with_and_without_another_process() -> None:
    kills = planned(quick=False)
    assert len(kills) == 200
    for stage in STAGES:
        turns = [number for found, number in kills if found is stage]
        trials = {(Trial.of(stage, turn).signal, Trial.of(stage, turn).beside) for turn in turns}
        assert trials == {(sent.name, beside) for sent in SIGNALS for beside in (False, True)}


@pytest.mark.parametrize(
    ("changed", "kind"),
    [
        ({"versions": {"a": "2"}}, "other than undisturbed"),
        ({"keys": []}, "other than undisturbed"),
        ({"trained": "1"}, "other than undisturbed"),
        ({"twice": 1}, "stored twice"),
        ({"damage": ["an object is missing"]}, "damaged"),
        ({"left": [".tmp-1"]}, "left"),
    ],
)
def test_what_differs_from_an_undisturbed_run_is_a_fault(changed: dict[str, Any], kind: str) -> None:
    trial = Trial.of(STAGES[0], 0)
    compare(WHOLE, WHOLE, trial)
    assert not trial.wrong and all(figure.holds for figure in _wrong([trial]))
    compare(WHOLE, WHOLE | changed, trial)
    assert list(trial.wrong) == [kind]
    assert [figure.name for figure in _wrong([trial]) if not figure.holds] == [WRONG[kind]]


def test_a_whole_state_has_no_fault(place: Place) -> None:
    found = looked_at(place)
    assert not any(found[kind] for kind in ("damage", "left", "twice", "keys", "trained"))
    assert list(found["versions"]) == ["evaluation"]


@pytest.mark.parametrize("name", ["objects/.partial-1", "ledger/1.claim", "cache/other/.probe-1"])
def test_a_file_that_nobody_collects_is_seen(name: str, place: Place) -> None:
    path = place.state.root / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("")
    assert looked_at(place)["left"] == [str(path)]


def test_a_lost_object_is_seen(place: Place) -> None:
    for path in place.state.objects.rglob("*.parquet"):
        path.unlink()
    assert "is missing" in str(looked_at(place)["damage"])


def test_processes_end_with_their_code_or_their_signal(tmp_path: Path) -> None:
    said, before = tmp_path / "said.txt", signal.signal(signal.SIGTERM, lambda *_: None)
    assert answer(lambda: 1 + 1, said) == 2
    with pytest.raises(RuntimeError, match="division by zero"):
        answer(lambda: 1 / 0, said)
    begun = tmp_path / "begun.txt"
    child = start(lambda: time.sleep(60), begun)
    signal.signal(signal.SIGTERM, before)
    while not begun.exists():
        time.sleep(0.001)
    assert not ended(child)
    os.kill(child, signal.SIGTERM)
    assert wait(child) == -signal.SIGTERM
    assert wait(start(lambda: time.sleep(60), said), seconds=0.05) is None
