"""Folders that are written into: exporters refuse those of others; decisions name the account."""

import os
import pwd
from collections.abc import Callable
from pathlib import Path

import pytest

from datasets_registry.catalog.account import account
from datasets_registry.errors import BadInput
from datasets_registry.exporting.exporting import export
from tests.assets.cli.trained import ended
from tests.traced import Traced

HERE = ("", ".", "..", "/", "~")


def by_command(traced: Traced, folder: str) -> None:
    """`trimtab export`."""
    ended("export", "preference_pairs@3", folder, "--to", "parquet")


def by_function(traced: Traced, folder: str) -> None:
    """The function behind it."""
    export(traced.registry, traced.preferences[2], "parquet", Path(folder))


def model(traced: Traced, folder: str) -> None:
    """`trimtab models export`."""
    ended("models", "export", "dpo_policy", folder)


@pytest.mark.parametrize("folder", HERE)
@pytest.mark.parametrize("write", [by_command, by_function, model])
def test_exporters_refuse_this_folder_home_and_root(
    write: Callable[[Traced, str], None],
    folder: str,
    traced: Traced,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    here = tmp_path / "a" / "here"
    here.mkdir(parents=True)
    monkeypatch.chdir(here)
    monkeypatch.setenv("HOME", str(here.parent))
    with pytest.raises(BadInput, match=r"(the current|your home) folder.*: name a folder"):
        write(traced, folder.replace("~", str(here.parent)))
    assert not list(here.iterdir()) and list(here.parent.iterdir()) == [here]


@pytest.mark.parametrize("folder", ["x" * 300, "loop"])
@pytest.mark.parametrize("write", [by_function, model])
def test_what_no_folder_can_be_called_is_refused(
    write: Callable[[Traced, str], None],
    folder: str,
    traced: Traced,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("loop").symlink_to("loop")
    with pytest.raises(BadInput, match="is no folder's name .*: name a folder"):
        write(traced, folder)


@pytest.mark.parametrize("variable", ["USER", "LOGNAME", "LNAME", "USERNAME"])
def test_who_decides_is_the_account_whatever_the_environment_says(
    variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, "somebody else")
    assert account() == pwd.getpwuid(os.geteuid()).pw_name


def test_an_account_without_a_name_is_its_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 3_999_999_999)
    assert account() == "user 3999999999"
