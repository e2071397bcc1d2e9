"""A state folder knows which profiles build in it, and says so."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from assets.building.opening import open_registry
from assets.cli.commands import app
from assets.profile import uses as uses_module
from assets.profile.profile import load_profile
from assets.profile.uses import record_use, uses
from datasets_registry.state import State
from tests.assets.small import write_profile


@pytest.fixture
def paths(tmp_path: Path, tiny_model: Path) -> tuple[Path, Path]:
    """Two profiles."""
    return write_profile(tmp_path / "one", tiny_model), write_profile(tmp_path / "two", tiny_model)


def told(*arguments: str) -> str:
    """What the command prints."""
    result = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert result.exit_code == 0
    return result.stdout


def test_each_profile_that_builds_is_listed_the_last_one_first(
    state: State, paths: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert json.loads(told("profiles", "--json")) == []
    for path in paths:
        open_registry(load_profile(str(path))).engine.dispose()
    rows = json.loads(told("profiles", "--json"))
    assert [row["path"] for row in rows] == [str(path) for path in reversed(paths)]
    assert {row["name"] for row in rows} == {"small"}
    assert {row["description"] for row in rows} == {"A tiny random model"}
    monkeypatch.setenv("TRIMTAB_PROFILE", str(paths[0]))
    day = rows[0]["last_used"][:10]
    assert f"this state is also used by small (last on {day})\n" in told("plan")


def test_a_state_of_one_profile_names_no_other(
    state: State, paths: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    record_use(state, load_profile(str(paths[0])))
    monkeypatch.setenv("TRIMTAB_PROFILE", str(paths[0]))
    assert "also used" not in told("plan")


def test_first_use_stays_and_last_use_and_description_follow(
    state: State, paths: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    record_use(state, load_profile(str(paths[0])))
    (first,) = uses(state)
    record_use(state, load_profile(str(paths[0])))
    assert uses(state) == [first]
    paths[0].write_text(paths[0].read_text().replace("A tiny random model", "Another"))
    record_use(state, load_profile(str(paths[0])))
    (second,) = uses(state)
    assert (second.description, second.first_used) == ("Another", first.first_used)
    monkeypatch.setattr(uses_module, "SELDOM", timedelta(0))
    record_use(state, load_profile(str(paths[0])))
    assert uses(state)[0].last_used > second.last_used


def test_many_at_once_and_a_damaged_file_leave_whole_records(state: State, paths: tuple[Path, Path]) -> None:
    profiles = [load_profile(str(path)) for path in paths]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: record_use(state, profiles[number % 2]), range(32)))
    assert len(uses(state)) == 2
    next((state.root / "profiles").glob("*.json")).write_text("{")
    assert len(uses(state)) == 1
    for profile in profiles:
        record_use(state, profile)
    assert len(uses(state)) == 2
