"""A full or read-only disk: everything can be looked at, nothing is written, and gc makes room."""

import os
import resource
import signal
import subprocess
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from datasets_registry.errors import BadInput, NoSpace
from datasets_registry.rows.evaluation import SuiteFigure
from datasets_registry.state import State
from tests.assets.cli.trained import ended
from tests.assets.states.placed import leave_orphan, placed
from tests.assets.states.reading import answer, answers
from tests.datasets_registry.disks import small_disk
from tests.rows import make
from tests.traced import Traced

Answers = dict[tuple[str, ...], str]


def files(folder: Path) -> dict[str, tuple[int, int, int]]:
    """Every file and folder with its size, time and inode."""
    paths = ((path, path.stat()) for path in (folder, *folder.rglob("*")))
    return {str(path): (found.st_size, found.st_mtime_ns, found.st_ino) for path, found in paths}


def in_a_child(work: Callable[[], object]) -> None:
    """Do it in a process of its own, which must end well."""
    child = os.fork()
    if not child:
        code = 1
        try:
            work()
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


@pytest.fixture
def disk(history: Traced, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[State]:
    """The history on a small disk of its own, skipped where none can be mounted."""
    with small_disk(tmp_path / "disk", megabytes=16) as place:
        state = State(place / "state")
        placed(history, state, monkeypatch).registry.engine.dispose()
        yield state


def fill(folder: Path) -> None:
    """Leave no byte free."""
    with (folder / "everything").open("wb", buffering=0) as file:
        for size in (1 << 16, 1 << 12):
            try:
                while file.write(bytes(size)) == size:
                    pass
            except OSError:
                continue


def test_reading_commands_leave_every_file_as_it_was(traced: Traced, plain: Answers) -> None:
    state = traced.registry.state
    traced.registry.engine.dispose()
    before = files(state.root)
    assert answers(state.root) == plain
    assert files(state.root) == before


def test_the_doctor_leaves_every_file_as_it_was(traced: Traced, monkeypatch: pytest.MonkeyPatch) -> None:
    state = traced.registry.state
    monkeypatch.setenv("DAGSTER_HOME", "")
    traced.registry.engine.dispose()
    before = files(state.root)
    # what is wrong depends on the machine
    result = ended("doctor")
    assert result.exit_code in (0, 1) and "catalog.duckdb shows" in result.stdout, result.output
    assert files(state.root) == before


def test_a_read_only_disk_can_be_looked_at(disk: State, plain: Answers) -> None:
    subprocess.run(["mount", "-o", "remount,ro", str(disk.root.parent)], check=True)
    assert answers(disk.root) == plain
    with pytest.raises(BadInput, match="cannot write state to .*Read-only.*set TRIMTAB_HOME"):
        answer("pass", "preference_pairs@1", "--reason", "none")


def test_a_full_disk_can_be_looked_at_and_freed(disk: State, plain: Answers) -> None:
    orphan = leave_orphan(disk)
    fill(disk.root.parent)
    reading = {arguments: text for arguments, text in answers(disk.root).items() if arguments != ("gc",)}
    assert reading == {arguments: text for arguments, text in plain.items() if arguments != ("gc",)}
    with pytest.raises(NoSpace, match="is full: free some space"):
        answer("pass", "preference_pairs@1", "--reason", "none")
    assert str(orphan) in answer("gc", "--remove")
    assert not orphan.exists()
    (disk.root / "room").write_bytes(bytes(1 << 19))


def test_where_no_file_can_grow_it_can_be_looked_at_and_freed(traced: Traced, plain: Answers) -> None:
    state = traced.registry.state
    traced.registry.engine.dispose()
    orphan = leave_orphan(state)

    def look_and_free() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
        found = answers(state.root)
        assert {**found, ("gc",): ""} == {**plain, ("gc",): ""}
        assert str(orphan) in answer("gc", "--remove")

    in_a_child(look_and_free)
    assert not orphan.exists()


@pytest.fixture
def foreign(history: Traced, monkeypatch: pytest.MonkeyPatch) -> Iterator[State]:
    """The history in a folder that another account may read; skipped where this one cannot become another."""
    if os.geteuid():
        pytest.skip("only root can become another account")
    with TemporaryDirectory(prefix="trimtab-foreign-") as folder:
        state = State(Path(folder) / "state")
        placed(history, state, monkeypatch).registry.engine.dispose()
        for path in (Path(folder), *Path(folder).rglob("*")):
            path.chmod(0o555 if path.is_dir() else 0o444)
        yield state


def test_a_state_of_another_account_can_be_looked_at(foreign: State, plain: Answers) -> None:
    def look() -> None:
        os.setgid(65534)
        os.setuid(65534)
        assert answers(foreign.root) == plain

    in_a_child(look)


def test_a_command_that_writes_still_does(traced: Traced) -> None:
    registry = traced.registry
    version = registry.commit(SuiteFigure, [make(SuiteFigure)], registry.derivation(traced.trained))
    assert "passed_by_person" in answer("pass", str(version), "--reason", "looked at it")
