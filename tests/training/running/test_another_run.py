"""A checkpoint belongs to its base, data and settings: another run of its folder begins anew."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from datasets_registry.registry import Registry
from datasets_registry.rows.cai import SftExample
from datasets_registry.rows.imported import Demonstration
from generation.models.folder import fingerprint
from tests.rows import make
from tests.tiny_model import write_tiny_model
from tests.training.runs import NOTHING, SETTINGS, commit, manifest, newest_checkpoint, write
from training.running.memory import configured, micro_batch
from training.running.run import AnyRun, open_run
from training.settings.launch import Launch
from training.settings.run import RunConfig
from training.settings.sft import SftSettings
from training.sft import sft

FEW = {**SETTINGS, "max_steps": 3}
CHANGES: dict[str, dict[str, Any]] = {
    "base": {"base": "other@1"},
    "dataset": {"dataset": "cai_sft@2"},
    "replay": {"replay": "cai_sft@2", "settings": {**FEW, "replay_share": 0.5}},
    "learning_rate": {"settings": {**FEW, "learning_rate": 1e-3}},
    "max_steps": {"settings": {**FEW, "max_steps": 4}},
    "seed": {"settings": {**FEW, "seed": 7}},
    "system_text": {"system_text": "Be long."},
}
SAME: dict[str, dict[str, Any]] = {
    "name": {"name": "renamed"},
    "minutes": {"checkpoint_minutes": 9},
    "memory": {"memory_gb": 64},
    "the same base by another name": {"base": "again@1"},
}


def answers(answer: str) -> list[SftExample]:
    """Rows with the same answer."""
    return [make(SftExample, str(number), completion=f"{answer} {number}") for number in range(8)]


@pytest.fixture
def versions(base: Path, registry: Registry, tmp_path: Path) -> Registry:
    """Two versions of cai_sft, another base, and the same base by another name."""
    for answer in ("yes", "no"):
        commit(registry, SftExample, answers(answer))
    other = write_tiny_model(tmp_path / "other", initializer_range=0.05)
    for name, folder in (("other", other), ("again", base)):
        version = registry.commit_model(name, folder, fingerprint(folder), NOTHING)
        registry.record_checks(version, [])
    return registry


def opened(folder: Path, **changes: Any) -> AnyRun:
    """A run of the first version, with changes."""
    fields = {"dataset": "cai_sft@1", "settings": FEW} | changes
    return open_run("sft", RunConfig[SftSettings], write(folder, **fields), print)


@pytest.mark.parametrize("change", CHANGES)
def test_what_decides_the_weights_parts_checkpoints(change: str, versions: Registry, tmp_path: Path) -> None:
    whole = opened(tmp_path / "run").checkpoints
    assert opened(tmp_path / "run", **CHANGES[change]).checkpoints != whole


@pytest.mark.parametrize("change", SAME)
def test_what_decides_nothing_does_not(change: str, versions: Registry, tmp_path: Path) -> None:
    whole = opened(tmp_path / "run").checkpoints
    assert opened(tmp_path / "run", **SAME[change]).checkpoints == whole


def test_the_same_rows_from_elsewhere_go_on_from_the_same_checkpoints(
    versions: Registry, tmp_path: Path
) -> None:
    paths = set()
    for source in ("first.jsonl", "renamed.jsonl"):
        rows = [make(Demonstration, str(number), source=source) for number in range(8)]
        paths.add(opened(tmp_path / "run", dataset=commit(versions, Demonstration, rows)).checkpoints)
    assert len(versions.versions("demonstrations")) == 2 and len(paths) == 1


def test_a_launch_goes_on_from_its_own_alone() -> None:
    several = RunConfig[SftSettings](
        name="policy",
        base="a@1",
        dataset="b@1",
        output=Path("run"),
        settings=SftSettings(batch_size=2),
        launch=Launch(processes=2),
    )
    assert several.decided["launch"] == "-ddp-2"


def test_an_edited_config_trains_all_its_steps_and_signs_for_what_it_read(
    versions: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def trained(folder: str, dataset: str, say: Callable[[str], None] = lambda _: None) -> Path:
        sft(write(tmp_path / folder, dataset, settings=FEW, checkpoint_minutes=0), say)
        return tmp_path / folder / "model"

    first = fingerprint(trained("run", "cai_sft@1"))
    newest = newest_checkpoint(tmp_path / "run").name
    said: list[str] = []
    edited = trained("run", "cai_sft@2", said.append)
    assert any("begins anew: the checkpoints in" in line for line in said)
    assert not any("resumed" in line for line in said)
    assert manifest(tmp_path / "run")["datasets"]["train"]["number"] == 2
    assert fingerprint(edited) == fingerprint(trained("alone", "cai_sft@2")) != first
    # and nothing of the first is lost
    shutil.rmtree(edited)
    said.clear()
    assert fingerprint(trained("run", "cai_sft@1", said.append)) == first
    assert f"policy: resumed from {newest}" in said


@pytest.mark.parametrize(("left", "taken"), [((2, 2), 2), ((2, 4), 4), ((1, 1), 4)])
def test_rows_at_once_that_another_run_left_make_no_other_step(
    left: tuple[int, int], taken: int, tmp_path: Path
) -> None:
    settings = SftSettings(batch_size=4, gradient_accumulation=1)
    config = RunConfig[SftSettings](
        name="policy", base="a@1", dataset="b@1", output=tmp_path, settings=settings
    )
    size, accumulation = left
    (tmp_path / "micro_batch.json").write_text(json.dumps({"size": size, "accumulation": accumulation}))
    batch, first = micro_batch(config, settings), configured(config, settings)
    assert batch.size == taken and batch.size * batch.accumulation == first.size * first.accumulation
