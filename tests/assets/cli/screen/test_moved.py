"""A state folder that was moved answers from its new place."""

import shutil
import sys
from pathlib import Path

import pytest

from assets.cli.main import main
from datasets_registry.rows.rlaif import PreferencePair
from datasets_registry.state import State
from tests.traced import Traced

MOVED = [
    ("sql", 'SELECT count(*) AS n FROM preference_pairs JOIN "preference_pairs@1" USING (pair_id)'),
    ("sql", "SELECT path FROM models"),
    ("sql", "SELECT sql FROM duckdb_views() WHERE NOT internal"),
    ("explain", "preference_pairs", "{pair}", "--full"),
    ("show", "preference_pairs"),
    ("models", "show", "dpo_policy"),
    ("ledger",),
    ("plan",),
    ("verify", "preference_pairs"),
]


def test_a_moved_state_answers_from_itself(
    traced: Traced, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pair = traced.registry.rows(PreferencePair, traced.preferences[3])[0].pair_id
    old = traced.registry.state.root
    traced.registry.engine.dispose()
    moved = State(tmp_path / "elsewhere" / "moved")
    moved.root.parent.mkdir()
    shutil.move(old, moved.root)
    monkeypatch.setenv("TRIMTAB_HOME", str(moved.root))
    for words in MOVED:
        monkeypatch.setattr(sys, "argv", ["trimtab", *(word.replace("{pair}", pair) for word in words)])
        with pytest.raises(SystemExit) as stopped:
            main()
        printed = capsys.readouterr()
        assert not stopped.value.code, (words, printed)
        assert f"{old}/" not in printed.out and ": missing: " not in printed.out, (words, printed.out)
    assert not old.exists()
