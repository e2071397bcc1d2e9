"""The traced history in a state folder of a test's choice, and what was left over there."""

import os
from pathlib import Path

import pytest

from datasets_registry.state import State
from tests.traced import Traced


def placed(history: Traced, state: State, monkeypatch: pytest.MonkeyPatch) -> Traced:
    """A copy of the history in this state, which commands and subprocesses see."""
    monkeypatch.setenv("TRIMTAB_HOME", str(state.root))
    monkeypatch.delenv("TRIMTAB_CATALOG", raising=False)
    return history.copied_to(state)


def leave_orphan(state: State) -> Path:
    """An old object of a megabyte that no version names."""
    orphan = state.objects / "aa" / ("aa" * 32 + ".parquet")
    orphan.parent.mkdir(exist_ok=True)
    orphan.write_bytes(bytes(1 << 20))
    os.utime(orphan, (0, 0))
    return orphan
