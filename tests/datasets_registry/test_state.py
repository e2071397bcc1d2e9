"""State lives in one folder, and a folder that cannot be used is said before anything is spent."""

from pathlib import Path

import pytest

from datasets_registry.errors import BadInput, NoSpace
from datasets_registry.state import REPOSITORY, State, durable
from tests.datasets_registry.disks import small_disk


def test_the_root_is_trimtab_home_or_the_checkout(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TRIMTAB_HOME", str(tmp_path))
    assert State().root == tmp_path
    monkeypatch.delenv("TRIMTAB_HOME")
    assert State().root == REPOSITORY / ".trimtab"


def test_a_root_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(BadInput, match="cannot write state to"):
        State(tmp_path / "file" / "state").prepare()


@pytest.mark.parametrize("name", ["file", "x" * 300, "loop", "not\udc80utf8", "~nobody-has-this-name"])
def test_what_can_be_no_folder_is_refused_before_it_is_read(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    monkeypatch.setenv("TRIMTAB_HOME", name if name.startswith("~") else str(tmp_path / name))
    with pytest.raises(BadInput, match=r"the state cannot lie in .*: set TRIMTAB_HOME to a folder"):
        State()


def test_a_tilde_is_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("TRIMTAB_HOME", "~/state")
    assert State().root == tmp_path / "state"


def test_a_failed_write_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), durable(tmp_path / "whole") as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_a_sentence_and_leaves_no_half_file(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", megabytes=1) as disk:
        with pytest.raises(NoSpace, match="is full: free some space"), durable(disk / "big") as path:
            path.write_bytes(b"x" * 2_000_000)
        assert list(disk.iterdir()) == []


@pytest.mark.parametrize("name", ["home", "/"])
def test_home_and_root_are_no_state_folders(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(BadInput, match="set TRIMTAB_HOME to a folder of its own"):
        State(tmp_path if name == "home" else Path("/")).prepare()
    assert not list(tmp_path.iterdir())
