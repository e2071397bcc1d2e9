"""A run writes into a folder that is empty or its own, and touches nothing of anybody else's."""

import importlib
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from datasets_registry.errors import BadInput
from datasets_registry.exporting.places import require_run_folder
from datasets_registry.state import State
from training.launch.__main__ import main as launch
from training.trainers import TRAINERS


def write_config(path: Path, output: str, **more: Any) -> Path:
    """A run's config that names the folder."""
    config = {"name": "p", "base": "b@1", "dataset": "d@1", "output": output, "settings": {}}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(config | more))
    return path


def foreign_folder(folder: Path) -> Path:
    """A folder of somebody else's, with the names that our runs use."""
    for name in ("model/weights.bin", "checkpoints/checkpoint-1/notes.txt", "thesis.tex"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("years of work")
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below the folder."""
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("name", TRAINERS)
def test_every_trainer_refuses_a_folder_of_somebody_else(name: str, state: State, tmp_path: Path) -> None:
    trainer, folder = TRAINERS[name], foreign_folder(tmp_path / "foreign")
    more: dict[str, Any] = {}
    if trainer.scored:
        more = {"reward_models": ["r@1"], "settings": {"rewards": {"verifier": 0, "reward_models": 1}}}
    if trainer.kind == "average":
        more = {"dataset": "", "parts": ["p@1"], "settings": {"shares": {"p": 0.5}}}
    config, before = write_config(tmp_path / "mine.json", str(folder), **more), contents(folder)
    with pytest.raises(BadInput, match=r"output .*foreign is not empty.*name a folder"):
        getattr(importlib.import_module(trainer.source), name)(config, print)
    assert contents(folder) == before


def test_a_launch_refuses_it_too(
    state: State, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = foreign_folder(tmp_path / "foreign")
    config, before = write_config(tmp_path / "mine.json", str(folder)), contents(folder)
    monkeypatch.setattr("sys.argv", ["launch", "training.sft", "--config", str(config)])
    monkeypatch.setattr("training.launch.__main__.die_with_parent", lambda: None)
    with pytest.raises(SystemExit) as ended:
        launch()
    assert ended.value.code == 2 and "is not empty" in capsys.readouterr().err
    assert contents(folder) == before


@pytest.mark.parametrize(
    ("output", "why"),
    [
        ("", "is the current folder"),
        (".", "is the current folder"),
        ("..", "has the current folder in it"),
        ("~", "is your home folder"),
        ("/", "in it"),
        ("x" * 300, "is no folder's name"),
        ("a\0b", "is no folder's name"),
        ("STATE", "keeps its files"),
        ("STATE/runs", "keeps its files"),
        ("STATE/models/policy", "keeps its files"),
        ("STATE/objects", "keeps its files"),
    ],
)
def test_folders_that_nobody_gives_away_are_refused(
    output: str, why: str, state: State, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, home = tmp_path / "a" / "here", tmp_path / "home"
    for folder in (here, home):
        folder.mkdir(parents=True)
    monkeypatch.chdir(here)
    monkeypatch.setenv("HOME", str(home))
    path = Path(output.replace("STATE", str(state.root)).replace("~", str(home)))
    with pytest.raises(BadInput, match=f"{why}.*: name a folder"):
        require_run_folder(path, write_config(tmp_path / "mine.json", str(path)))
    assert not list(here.iterdir()) and not list(home.iterdir())


def test_a_file_is_no_folder(state: State, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(BadInput, match="is a file: name a folder"):
        require_run_folder(tmp_path / "file", write_config(tmp_path / "mine.json", str(tmp_path / "file")))


def test_an_empty_folder_becomes_the_runs_own_and_stays_so(state: State, tmp_path: Path) -> None:
    output = tmp_path / "new" / "run"
    config = write_config(tmp_path / "mine.json", str(output))
    require_run_folder(output, config)
    assert contents(output) == {str(output / "run.json"): config.read_bytes()}
    (output / "checkpoints").mkdir()
    write_config(config, str(output), dataset="d@2")
    require_run_folder(output, config)
    assert (output / "run.json").read_bytes() == config.read_bytes()


def test_a_config_beside_its_results_needs_no_other(state: State, tmp_path: Path) -> None:
    config = write_config(tmp_path / "run" / "mine.json", str(tmp_path / "run"))
    config.with_name("error.txt").write_text("the line of an earlier try")
    require_run_folder(tmp_path / "run", config)
    assert (tmp_path / "run" / "run.json").is_file()


@pytest.mark.parametrize("content", ["{", "[]", '{"output": 1}', '{"output": "elsewhere"}'])
def test_another_programs_run_json_does_not_make_it_ours(content: str, state: State, tmp_path: Path) -> None:
    folder = foreign_folder(tmp_path / "foreign")
    (folder / "run.json").write_text(content)
    with pytest.raises(BadInput, match="is not empty"):
        require_run_folder(folder, write_config(tmp_path / "mine.json", str(folder)))
    shutil.rmtree(folder)
    require_run_folder(folder, tmp_path / "mine.json")
