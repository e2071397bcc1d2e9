"""The views over rounds: of every line, its rounds as they are now, each with the model that it released."""

import shutil
from pathlib import Path
from typing import Any

import duckdb
import pytest

from datasets_registry.errors import BadInput
from datasets_registry.registry import Registry
from datasets_registry.rows.rounds.verdict import Verdict
from datasets_registry.rows.rounds.watch import RoundWatch
from datasets_registry.state import State
from datasets_registry.version import CheckResult, Derivation, Version, validated_name

WATCHED: dict[str, Any] = {
    "figure": "gain",
    "concern": "gain",
    "scale": "value",
    "baseline": None,
    "change": None,
    "outcome": "ok",
    "note": "",
}
DECIDED: dict[str, Any] = {"decided": [], "warnings": []}
RED = CheckResult(check="holds", passed=False, severity="error", value=1.0, threshold=0.0, description="no")


class Line:
    """A line of rounds, published as its assets would be."""

    def __init__(self, registry: Registry, folder: Path, name: str = "line") -> None:
        self.registry, self.folder, self.name = registry, folder, name
        self.handed_on = self.model(f"{name}_start", f"{name} 0")

    def model(self, name: str, weights: str, *inputs: Version) -> Version:
        """A model of these weights."""
        folder = self.folder / weights
        folder.mkdir(exist_ok=True)
        how = Derivation(code_version="1", settings={}, inputs=inputs)
        return self.registry.record_checks(self.registry.commit_model(name, folder, weights, how), [])

    def dataset(self, row: type[Any], at: str, values: dict[str, Any], *checks: CheckResult) -> Version:
        """A version of one row."""
        how = Derivation(code_version=str(values), settings={}, inputs=())
        version = self.registry.commit(row, [row(**values)], how, f"{at}/{row.dataset}")
        return self.registry.record_checks(version, checks)

    def round(self, number: int, *checks: CheckResult, weights: str = "", stops: bool = False) -> None:
        """A round, of a policy that is handed on unless the round stops."""
        at, before = f"{self.name}/round_{number:02}", self.handed_on
        policy = self.model(f"{at}/policy", weights or f"{self.name} {number}", before)
        self.dataset(RoundWatch, at, {**WATCHED, "round": number, "value": number / 10})
        values = {
            **DECIDED,
            "round": number,
            "verdict": "stop_tax" if stops else "go_on",
            "weights_round": number - stops,
            "why": f"round {number}, {weights or 'as it was'}",
        }
        verdict = self.dataset(Verdict, at, values, *checks)
        if not checks:
            chosen = before if stops else policy
            self.handed_on = self.model(f"{at}/released", chosen.data_version, policy, before, verdict)

    def policy(self, number: int) -> None:
        """The line's policy, after its last round."""
        at = f"{self.name}/round_{number:02}"
        verdict = self.registry.passed(f"{at}/verdict")
        released = self.registry.passed(f"{at}/released")
        how = Derivation(code_version="1", settings={}, inputs=(released, verdict))
        self.registry.record(self.model(f"{self.name}/policy", released.data_version, released, verdict), how)
        self.registry.refresh_views()


def asked(state: State, query: str) -> list[tuple[Any, ...]]:
    """The rows of a query to the views."""
    with duckdb.connect(state.views, read_only=True) as connection:
        rows: list[tuple[Any, ...]] = connection.execute(query).fetchall()
        return rows


SHOWN = "SELECT line, round, verdict, weights_round, model, version FROM rounds ORDER BY line, round"


def test_without_rounds_the_views_are_empty(registry: Registry, tmp_path: Path) -> None:
    Line(registry, tmp_path)
    assert (
        asked(registry.state, SHOWN) == [] == asked(registry.state, "SELECT line, outcome FROM round_watch")
    )
    with pytest.raises(BadInput, match="Trimtab itself uses"):
        validated_name("rounds")


def test_rounds_of_all_lines_name_what_they_released(registry: Registry, tmp_path: Path) -> None:
    line, other = Line(registry, tmp_path), Line(registry, tmp_path, "other")
    line.round(1)
    line.round(2, stops=True)
    other.round(1, stops=True)
    assert asked(registry.state, SHOWN) == [
        ("line", 1, "go_on", 1, "line/round_01/policy@1", "line/round_01/verdict@1"),
        ("line", 2, "stop_tax", 1, "line/round_01/policy@1", "line/round_02/verdict@1"),
        ("other", 1, "stop_tax", 0, "other_start@1", "other/round_01/verdict@1"),
    ]
    watched = asked(registry.state, "SELECT line, round, value FROM round_watch ORDER BY ALL")
    assert watched == [("line", 1, 0.1), ("line", 2, 0.2), ("other", 1, 0.1)]
    (first,) = asked(registry.state, "FROM rounds LIMIT 1")
    assert first[:3] == ("line", 1, "go_on")


def test_a_second_build_is_shown_and_one_that_failed_is_not(registry: Registry, tmp_path: Path) -> None:
    line = Line(registry, tmp_path)
    line.round(1)
    line.round(1, RED, weights="ruined")
    query = "SELECT why, model FROM rounds"
    assert asked(registry.state, query) == [("round 1, as it was", "line/round_01/policy@1")]
    line.round(1, weights="mended")
    assert asked(registry.state, query) == [("round 1, mended", "line/round_01/policy@3")]


def test_a_verdict_that_released_nothing_yet_has_no_model(registry: Registry, tmp_path: Path) -> None:
    line = Line(registry, tmp_path)
    line.round(1)
    line.dataset(
        Verdict,
        "line/round_01",
        {**DECIDED, "round": 1, "verdict": "go_on", "why": "anew", "weights_round": 1},
    )
    assert asked(registry.state, "SELECT why, model FROM rounds") == [("anew", None)]


def test_a_round_is_gone_with_its_line_and_comes_back_with_it(registry: Registry, tmp_path: Path) -> None:
    line = Line(registry, tmp_path)
    line.round(1)
    line.round(2)
    line.policy(2)
    line.policy(1)
    query = "SELECT (SELECT list(round ORDER BY round) FROM rounds), (SELECT list(round) FROM round_watch)"
    assert asked(registry.state, query) == [([1], [1])]
    line.round(2, weights="new")
    assert asked(registry.state, query) == [([1, 2], [1, 2])]
    line.policy(2)
    assert asked(registry.state, query) == [([1, 2], [1, 2])]


def test_a_moved_folder_is_asked_about_its_own_rounds(registry: Registry, tmp_path: Path) -> None:
    Line(registry, tmp_path).round(1)
    before = asked(registry.state, SHOWN)
    registry.engine.dispose()
    moved = State(tmp_path / "moved")
    shutil.move(registry.state.root, moved.root)
    there = Registry(moved)
    there.refresh_views()
    there.engine.dispose()
    assert asked(moved, SHOWN) == before and before
