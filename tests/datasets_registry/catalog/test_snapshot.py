"""A registry that only reads: what is committed, while others write, after a kill, and never changed."""

import os
import shutil
import signal
import sqlite3
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from datasets_registry.catalog import snapshot
from datasets_registry.errors import BrokenCatalog, UnknownVersion
from datasets_registry.registry import Registry
from datasets_registry.rows.evaluation import SuiteFigure
from datasets_registry.state import State
from datasets_registry.version import Derivation
from tests.rows import make

HOW = Derivation(code_version="1", settings={}, inputs=())


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> State:
    """A state whose catalog is SQLite's."""
    root = tmp_path / "state"
    monkeypatch.setenv("TRIMTAB_HOME", str(root))
    monkeypatch.delenv("TRIMTAB_CATALOG", raising=False)
    return State(root).prepare()


def commit(registry: Registry, value: float) -> str:
    """A checked version."""
    return str(
        registry.record_checks(registry.commit(SuiteFigure, [make(SuiteFigure, value=value)], HOW), [])
    )


def files(folder: Path) -> dict[str, tuple[int, int]]:
    """Every file with its size and time."""
    paths = (path for path in folder.rglob("*"))
    return {str(path): (path.stat().st_size, path.stat().st_mtime_ns) for path in paths}


def versions(state: State) -> list[str]:
    """What a registry that only reads finds; it must leave every file as it was."""
    before = files(state.root)
    registry = Registry(state, reads_only=True)
    found = [str(version) for version in registry.versions(SuiteFigure.dataset)]
    registry.engine.dispose()
    assert files(state.root) == before
    return found


def test_it_reads_what_a_closed_catalog_holds(registry: Registry) -> None:
    made = [commit(registry, value) for value in (1, 2)]
    registry.engine.dispose()
    assert not registry.state.catalog.with_name("catalog.sqlite-wal").exists()
    assert versions(registry.state) == made


def test_it_reads_what_an_open_writer_has_just_committed(registry: Registry) -> None:
    made = [commit(registry, value) for value in (1, 2)]
    assert registry.state.catalog.with_name("catalog.sqlite-wal").exists()
    assert versions(registry.state) == made


@pytest.mark.parametrize("name", ["a?mode=memory&x=1", "b#c", "50%20off"])
def test_it_reads_an_open_catalog_in_a_folder_whose_name_would_be_options(name: str, tmp_path: Path) -> None:
    writer = Registry(State(tmp_path / name).prepare())
    made = commit(writer, 1)
    assert versions(writer.state) == [made]
    writer.engine.dispose()


@pytest.mark.parametrize("left", ["all", "no index"])
def test_it_reads_what_a_killed_writer_left(state: State, left: str) -> None:
    child = os.fork()
    if not child:
        try:
            registry = Registry(state)
            commit(registry, 1)
            commit(registry, 2)
        finally:
            os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)
    if left == "no index":
        state.catalog.with_name("catalog.sqlite-shm").unlink()
    reading = Registry(state, reads_only=True)
    assert [str(version) for version in reading.versions(SuiteFigure.dataset)] == [
        "evaluation@1",
        "evaluation@2",
    ]
    reading.engine.dispose()


def test_it_reads_again_where_the_log_goes_meanwhile(state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    writer, copies = Registry(state), list[str]()
    made = [commit(writer, value) for value in (1, 2)]

    def no_index(path: Path, memory: sqlite3.Connection) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    def copying(path: Path, copy: Path) -> None:
        copies.append(path.name)
        copy.write_bytes(path.read_bytes())
        # the last writer closes
        writer.engine.dispose()

    with monkeypatch.context() as full_disk:
        full_disk.setattr(snapshot, "_backup", no_index)
        full_disk.setattr(shutil, "copyfile", copying)
        found = Registry(state, reads_only=True)
    assert copies == ["catalog.sqlite", "catalog.sqlite-wal"]
    assert [str(version) for version in found.versions(SuiteFigure.dataset)] == made
    found.engine.dispose()


def test_what_it_would_change_is_refused(registry: Registry) -> None:
    commit(registry, 1)
    reading = Registry(registry.state, reads_only=True)
    with pytest.raises(OperationalError, match="readonly"):
        reading.commit(SuiteFigure, [make(SuiteFigure, value=3)], HOW)
    assert len(registry.versions(SuiteFigure.dataset)) == 1
    reading.engine.dispose()


def test_a_state_that_is_not_there_is_empty_and_is_not_made(tmp_path: Path) -> None:
    registry = Registry(State(tmp_path / "none"), reads_only=True)
    assert registry.names("dataset") == [] and not (tmp_path / "none").exists()
    with pytest.raises(UnknownVersion):
        registry.versions(SuiteFigure.dataset)


def test_a_damaged_catalog_is_named(registry: Registry) -> None:
    commit(registry, 1)
    registry.engine.dispose()
    registry.state.catalog.write_bytes(b"no database" * 400)
    with pytest.raises(BrokenCatalog, match="cannot be opened"):
        Registry(registry.state, reads_only=True)
