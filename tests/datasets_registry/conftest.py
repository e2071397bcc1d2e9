"""Every test of a registry runs on both catalogs: SQLite and PostgreSQL."""

import pytest

from datasets_registry.state import State


@pytest.fixture(params=["sqlite", "postgresql"])
def state(state: State, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> State:
    """A state root of the test's own, and a catalog which subprocesses see too."""
    if request.param == "postgresql":
        monkeypatch.setenv("TRIMTAB_CATALOG", request.getfixturevalue("postgres").database())
    return state
