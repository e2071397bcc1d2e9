"""A lock holds between processes, however its holder ends: the same on both catalogs."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from datasets_registry import garbage
from datasets_registry.agreement.locks import agreed, reaches_machines
from datasets_registry.catalog import patience
from datasets_registry.errors import BrokenCatalog
from datasets_registry.registry import Registry
from datasets_registry.state import REPOSITORY, State
from tests.postgres import PostgresServer

HOLDING = """
import sys, time
from pathlib import Path
from datasets_registry.agreement.locks import agreed
from datasets_registry.registry import Registry
from datasets_registry.state import State
with agreed(Registry(State()).engine, Path(sys.argv[1])) as ours:
    print(bool(ours), flush=True)
    time.sleep(60)
"""


@pytest.fixture
def path(state: State) -> Path:
    """A lock's file, or its name."""
    return state.root / ".some.lock"


def is_free(registry: Registry, path: Path, *, shared: bool = False) -> bool:
    """Whether somebody else could have the lock now."""
    with agreed(registry.engine, path, wait=False, shared=shared) as held:
        return bool(held)


def test_one_holds_it_or_several_share_it(registry: Registry, path: Path) -> None:
    with agreed(registry.engine, path) as ours:
        assert ours and not is_free(registry, path) and not is_free(registry, path, shared=True)
        assert is_free(registry, path.with_name(".other.lock"))
    with agreed(registry.engine, path, shared=True) as ours:
        assert ours and is_free(registry, path, shared=True) and not is_free(registry, path)
    assert is_free(registry, path)


def test_it_is_given_up_in_an_error(registry: Registry, path: Path) -> None:
    with pytest.raises(RuntimeError), agreed(registry.engine, path):
        raise RuntimeError
    assert is_free(registry, path)


def test_the_lock_of_a_killed_process_is_free(registry: Registry, path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDING, str(path)],
        cwd=REPOSITORY,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None and process.stdout.readline() == b"True\n"
    assert not is_free(registry, path)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    with agreed(registry.engine, path) as ours:
        assert ours


def test_collection_waits_for_whoever_adds_objects(registry: Registry) -> None:
    collected = threading.Thread(target=lambda: garbage.collect(registry, dry_run=False))
    with registry.adding():
        collected.start()
        time.sleep(0.3)
        assert collected.is_alive()
    collected.join(30)
    assert not collected.is_alive()


def test_a_lock_reaches_the_machines_that_share_the_catalog_and_no_others(
    registry: Registry, path: Path, postgres: PostgresServer, tmp_path: Path
) -> None:
    elsewhere = Registry(State(tmp_path / "elsewhere").prepare(), registry.url)
    with agreed(registry.engine, path):
        other_path = elsewhere.state.root / path.name
        assert is_free(elsewhere, other_path) != reaches_machines(registry.engine)
    elsewhere.engine.dispose()


def _end_sessions(engine: Engine) -> None:
    with engine.connect() as connection:
        connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )


def test_a_lock_whose_session_the_server_ended_is_free_and_says_so(registry: Registry, path: Path) -> None:
    if not reaches_machines(registry.engine):
        pytest.skip("a file has no session")
    with agreed(registry.engine, path) as held:
        held.require()
        _end_sessions(registry.engine)
        assert is_free(registry, path)
        with pytest.raises(BrokenCatalog, match="the catalog's server went away"):
            held.require()
    assert is_free(registry, path)


def test_a_registry_outlives_a_restart_of_its_server(
    mortal: PostgresServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry = Registry(State(tmp_path / "state").prepare(), mortal.database())
    mortal.kill()
    started = threading.Timer(0.3, mortal.start)
    started.start()
    assert registry.names("dataset") == [] and is_free(registry, tmp_path / "lock")
    started.join()
    monkeypatch.setattr(patience, "PATIENCE_SECONDS", 0.1)
    mortal.kill()
    with pytest.raises(BrokenCatalog, match="has been away for .* start it and run again"):
        registry.names("dataset")
    mortal.start()
    registry.engine.dispose()
