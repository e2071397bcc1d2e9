"""Each profile has a Dagster history of its own in each state folder, and `make dev` begins with it."""

import os
import sys
from pathlib import Path

import pytest

from assets.dev import main, prepare
from assets.profile.chosen import FOLDER, label_of
from assets.profile.history import dagster_home, open_instance
from datasets_registry.boundary import run_command
from datasets_registry.errors import BadInput
from datasets_registry.state import State
from tests.assets.runs.test_dead import dead_process, started


def test_profiles_of_one_name_in_two_folders_have_two_labels(tmp_path: Path) -> None:
    labels = {
        label_of(path) for path in (FOLDER / "gpu.toml", tmp_path / "gpu.toml", tmp_path / "a" / "gpu.toml")
    }
    assert len(labels) == 3 and label_of(FOLDER / "gpu.toml") == "gpu"
    assert all(label.startswith("gpu") for label in labels)


def test_each_profile_has_a_history_of_its_own_in_each_state(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    homes = set()
    for state in ("one", "another"):
        monkeypatch.setenv("TRIMTAB_HOME", str(tmp_path / state))
        for profile in ("laptop", "gpu"):
            home = dagster_home(profile)
            assert home == tmp_path / state / "dagster" / profile
            assert str(home) in (home / "dagster.yaml").read_text()
            homes.add(home)
    assert len(homes) == 4


def test_what_is_kept_in_a_history_is_there_again_and_the_home_is_announced_to_all_children(
    state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DAGSTER_HOME", "")
    with open_instance() as instance:
        assert instance.storage_directory().startswith(str(state.root / "dagster" / "laptop"))
        assert os.environ["DAGSTER_HOME"] == str(state.root / "dagster" / "laptop")
        instance.add_dynamic_partitions("seen", ["here"])
    with open_instance() as again:
        assert again.get_dynamic_partitions("seen") == ["here"]


def test_a_home_that_a_person_chose_is_left_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    assert dagster_home() == tmp_path and list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "settings", ["garbage: [", "garbage: 1", "- a", "run_storage: {module: os, class: none, config: {}}"]
)
def test_a_home_whose_settings_cannot_be_used_is_refused(
    settings: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "dagster.yaml").write_text(settings)
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    with pytest.raises(
        BadInput, match=r"dagster.yaml cannot be used \(.+\): correct it, or unset DAGSTER_HOME"
    ):
        open_instance()


@pytest.mark.parametrize("home", ["relative", "/no/such/folder"])
def test_a_home_that_is_no_folder_is_refused(home: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAGSTER_HOME", home)
    with pytest.raises(BadInput, match="is not the whole path of a folder: make it, or unset DAGSTER_HOME"):
        open_instance()


def test_the_ui_begins_by_closing_dead_runs(
    state: State, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DAGSTER_HOME", "")
    with open_instance() as instance:
        run_id = started(instance, dead_process())
    prepare()
    assert f"closed run {run_id[:8]}: the process of this run" in capsys.readouterr().out


def test_an_unknown_profile_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TRIMTAB_PROFILE", "lap")
    monkeypatch.setenv("DAGSTER_HOME", "")
    monkeypatch.setattr(sys, "argv", ["dev"])
    with pytest.raises(SystemExit, match="2"):
        run_command(main)
    assert capsys.readouterr().err.startswith("error: unknown profile 'lap': use one of ")
