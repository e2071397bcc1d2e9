"""The notebook of reading from Python: its cells run over a registry with a history; what is refused."""

import ast
import inspect
import json
import sys
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import trimtab
from datasets_registry.errors import BadInput, UnknownVersion
from datasets_registry.registry import Registry
from datasets_registry.rows.prompts import RedTeamPrompt
from datasets_registry.rows.rlaif import PreferencePair
from datasets_registry.state import REPOSITORY
from tests.assets.small import IMPORTED
from tests.rows import make
from tests.traced import Traced

NOTEBOOK = json.loads((REPOSITORY / "docs" / "python.ipynb").read_text(encoding="utf-8"))
CELLS = ["".join(cell["source"]) for cell in NOTEBOOK["cells"] if cell["cell_type"] == "code"]
METHODS = [name for name, _ in inspect.getmembers(trimtab.Reader, inspect.isfunction) if name[0] != "_"]


@pytest.fixture
def reader(history: Traced, monkeypatch: pytest.MonkeyPatch) -> trimtab.Reader:
    monkeypatch.delenv("TRIMTAB_CATALOG", raising=False)
    return trimtab.open(history.registry.state.root)


def test_every_cell_runs_in_order(history: Traced, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIMTAB_HOME", str(history.registry.state.root))
    monkeypatch.delenv("TRIMTAB_CATALOG", raising=False)
    names: dict[str, Any] = {}
    shown = [_shown(cell, names) for cell in CELLS]
    assert all(len(frame) for frame in shown if isinstance(frame, pl.DataFrame))
    assert names["pairs"].height == names["by_label"]["pairs"].sum() == names["table"].num_rows
    assert names["explained"]["totals"]["calls"] > 0 and names["calls"]["missing"].null_count()
    assert "did you mean 'preference_pairs'?" in names["message"]


def _shown(cell: str, names: dict[str, Any]) -> object:
    """The value of a cell's last line, as a notebook shows it."""
    *statements, last = ast.parse(cell).body
    if not isinstance(last, ast.Expr):
        exec(cell, names)
        return None
    exec(compile(ast.Module(statements, []), "cell", "exec"), names)
    return eval(compile(ast.Expression(last.value), "cell", "eval"), names)


@pytest.mark.parametrize("method", METHODS)
def test_every_way_of_reading_is_in_the_notebook(method: str) -> None:
    assert any(f"state.{method}(" in cell for cell in CELLS)


def test_rows_are_the_same_in_every_form(reader: trimtab.Reader, history: Traced) -> None:
    rows = [row.pair_id for row in history.registry.rows(PreferencePair, history.preferences[-1])]
    reference = str(history.preferences[-1])
    forms = (reader.arrow(reference)["pair_id"].to_pylist(), reader.polars(reference)["pair_id"].to_list())
    assert forms == (rows, rows) and reader.pandas(reference)["pair_id"].to_list() == rows


def test_a_reader_sees_what_is_committed_beside_it(traced: Traced) -> None:
    reader = trimtab.open(traced.registry.state.root)
    before = reader.versions("preference_pairs").height
    (pair, *_) = traced.registry.rows(PreferencePair, traced.preferences[-1])
    how = traced.registry.derivation(traced.preferences[-1]).model_copy(update={"code_version": "later"})
    traced.registry.commit(PreferencePair, [pair], how)
    assert reader.versions("preference_pairs").height == before + 1


def test_what_is_not_there_is_said_with_the_name_that_was_meant(
    reader: trimtab.Reader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(
        UnknownVersion, match=r"no dataset or model 'sft_polcy' \(did you mean 'sft_policy'\?\)"
    ):
        reader.versions("sft_polcy")
    with pytest.raises(BadInput, match="sft_policy@1 is a model, which has no rows: its folder is folder"):
        reader.polars("sft_policy@1")
    with pytest.raises(BadInput, match="preference_pairs@4 is a dataset, which has no folder: take its rows"):
        reader.folder("preference_pairs")
    with pytest.raises(BadInput, match="INSERT is no query, and this only reads"):
        reader.sql("INSERT INTO preference_pairs SELECT * FROM preference_pairs")
    with pytest.raises(BadInput, match="nowhere holds no state: name the folder of one"):
        trimtab.open(tmp_path / "nowhere")
    assert not (tmp_path / "nowhere").exists()
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(
        BadInput, match="pandas is not installed: `pip install pandas`, or take the rows by polars"
    ):
        reader.pandas("preference_pairs")


def test_tables_without_a_line_have_their_columns(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TRIMTAB_CATALOG", raising=False)
    reader = trimtab.open(registry.state.root)
    assert reader.datasets().is_empty() and "checks_passed" in reader.datasets().columns
    assert reader.models().is_empty() and "behind" in reader.models().columns
    registry.commit(RedTeamPrompt, [make(RedTeamPrompt, "p")], IMPORTED)
    calls, checks = reader.completions("red_team_prompts@1"), reader.checks("red_team_prompts@1")
    assert calls.is_empty() and checks.is_empty() and {"row", "text"} <= {*calls.columns}
