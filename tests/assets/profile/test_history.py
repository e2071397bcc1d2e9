"""Each profile has a Dagster history of its own; the default one's is the checkout's."""

from pathlib import Path

import dagster as dg
import pytest

from assets.demo.demo import open_instance
from assets.profile import history
from assets.profile.chosen import FOLDER, label_of
from datasets_registry.errors import BadInput
from datasets_registry.state import REPOSITORY


def test_profiles_of_one_name_in_two_folders_have_two_labels(tmp_path: Path) -> None:
    labels = {
        label_of(path) for path in (FOLDER / "gpu.toml", tmp_path / "gpu.toml", tmp_path / "a" / "gpu.toml")
    }
    assert len(labels) == 3 and label_of(FOLDER / "gpu.toml") == "gpu"
    assert all(label.startswith("gpu") for label in labels)


def test_the_default_profile_has_the_checkouts_history_and_others_their_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "dagster.yaml").write_text((REPOSITORY / "dagster.yaml").read_text())
    monkeypatch.setattr(history, "REPOSITORY", tmp_path)
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    monkeypatch.delenv("TRIMTAB_PROFILE", raising=False)
    assert history.dagster_home() == tmp_path
    history.main()
    assert capsys.readouterr().out == ""

    monkeypatch.setenv("TRIMTAB_PROFILE", "gpu")
    home = tmp_path / ".dagster" / "profiles" / "gpu"
    history.main()
    assert capsys.readouterr().out == f"{home}\n"
    with open_instance() as instance:
        assert instance.storage_directory().startswith(str(home))
        instance.add_dynamic_partitions("seen", ["here"])
    with open_instance() as again:
        assert again.get_dynamic_partitions("seen") == ["here"]
    with dg.DagsterInstance.from_config(str(history.dagster_home(str(FOLDER / "gpu.toml")))) as same:
        assert same.get_dynamic_partitions("seen") == ["here"]


def test_an_unknown_profile_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TRIMTAB_PROFILE", "lap")
    with pytest.raises(SystemExit, match="2"):
        history.main()
    assert capsys.readouterr().err.startswith("error: unknown profile 'lap': use one of ")
    with pytest.raises(BadInput, match="unknown profile"):
        history.dagster_home()
