"""What the catalog says of itself to any DuckDB client, and where it shows versions."""

import subprocess
import sys
from datetime import datetime
from pathlib import Path

import duckdb
import pytest

from datasets_registry.rows.rlaif import PreferencePair
from datasets_registry.views.asking import ask
from datasets_registry.views.meanings import SMALL
from tests.traced import Traced

CLIENT = Path(sys.executable).with_name("duckdb")
COMMENTS = (
    "SELECT table_name, column_name, comment FROM duckdb_columns()"
    " WHERE schema_name = 'main' AND NOT internal"
)


def test_views_and_columns_say_what_they_mean(traced: Traced) -> None:
    with duckdb.connect(traced.registry.state.views, read_only=True) as connection:
        said = {(view, column): comment for view, column, comment in connection.execute(COMMENTS).fetchall()}
        views = dict(
            connection.execute("SELECT view_name, comment FROM duckdb_views() WHERE NOT internal").fetchall()
        )
    label = PreferencePair.model_fields["label"].description
    assert label and said["preference_pairs", "label"] == label
    assert views["preference_pairs"].startswith(f"{PreferencePair.grain} The latest passed version, ")
    assert views["preference_pairs@2"].startswith(f"{PreferencePair.grain} Version 2 of preference_pairs.")
    assert not [column for column, comment in said.items() if not comment]
    assert all(views[name].startswith(meaning.text) for name, meaning in SMALL.items())


def test_datasets_stand_apart_from_their_versions(traced: Traced) -> None:
    state = traced.registry.state
    _, tables = ask(state, "SHOW TABLES")
    assert ("preference_pairs",) in tables and not any("@" in name for (name,) in tables)
    for name in ('"preference_pairs@1"', 'by_version."preference_pairs@1"'):
        assert ask(state, f"SELECT count(*) AS n FROM {name} JOIN preference_pairs USING (pair_id)")[1]
    shown = subprocess.run(
        [CLIENT, "-readonly", state.views, "-csv", "-c", 'FROM by_version."preference_pairs@1" LIMIT 1'],
        capture_output=True,
        text=True,
    )
    assert shown.returncode == 0 and len(shown.stdout.splitlines()) == 2, shown.stderr


def test_a_time_needs_no_library_of_zones(traced: Traced, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pytz", None)
    _, ((at,),) = ask(traced.registry.state, "SELECT created_at FROM completions LIMIT 1")
    assert isinstance(at, datetime) and at.tzinfo is None
