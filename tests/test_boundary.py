"""Every process ends with one line and an exit code, whatever happens in it."""

import ast
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from datasets_registry.boundary import CommandParser, run_command, unforeseen
from datasets_registry.errors import BadInput, ModelFailed
from datasets_registry.plain_text import plain_line
from datasets_registry.state import REPOSITORY, State

SOURCE = (
    "assets",
    "methods",
    "generation",
    "datasets_registry",
    "training",
    "quality",
    "studio",
    "trimtab",
    "benchmarks",
)
# they are started by another process, which reads how they end and says it
CHILDREN = {
    "generation/vllm_offline/worker.py",
    "training/online/drawing.py",
    "benchmarks/gpu_check/child.py",
    "benchmarks/scale/commit_kills.py",
    "benchmarks/gpu_check/watched.py",
    "benchmarks/sides/generation/loops.py",
    "benchmarks/sides/generation/recorded_run.py",
    "benchmarks/sides/training/bare_trl.py",
}
PAGES = [*(REPOSITORY / "docs").rglob("*.md"), *REPOSITORY.glob("*.md"), REPOSITORY / "Makefile"]


def raising(error: BaseException) -> Callable[[], int]:
    """A command that ends so."""

    def command() -> int:
        raise error

    return command


def ended(command: Callable[[], int | None]) -> int:
    """The exit code of a command."""
    with pytest.raises(SystemExit) as stopped:
        run_command(command)
    assert isinstance(stopped.value.code, int)
    return stopped.value.code


@pytest.mark.parametrize(
    ("command", "code", "line"),
    [
        (lambda: None, 0, ""),
        (lambda: 1, 1, ""),
        (raising(BadInput("a\nb\x1b]0;title\x07")), 2, "error: a b\\u001b]0;title\\u0007\n"),
        (raising(ModelFailed("no result")), 2, "error: no result\n"),
        (raising(KeyboardInterrupt()), 130, "interrupted\n"),
        (raising(BrokenPipeError()), 1, ""),
    ],
)
def test_what_was_foreseen_is_a_line_at_most(
    command: Callable[[], int | None], code: int, line: str, state: State, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ended(command) == code
    assert capsys.readouterr().err == line
    assert not (state.root / "errors").exists()


@pytest.mark.parametrize(
    "error", [ZeroDivisionError("by\nzero"), KeyError("x"), MemoryError(), OSError(5, "x")]
)
def test_what_nobody_foresaw_is_one_line_that_names_its_details(
    error: Exception, state: State, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ended(raising(error)) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"error: unexpected {type(error).__name__}")
    (details,) = (state.root / "errors").iterdir()
    assert str(details) in line
    assert "Traceback" in details.read_text() and "in command" in details.read_text()


def test_details_go_elsewhere_where_the_state_cannot_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("TRIMTAB_HOME", str(tmp_path / "file" / "state"))
    path = re.search(r"details in (.*)\)", unforeseen(ZeroDivisionError("x" * 9999)))
    assert path and "ZeroDivisionError" in Path(path[1]).read_text()
    assert path.start() < 400
    Path(path[1]).unlink()


@pytest.mark.parametrize(
    ("most", "line"), [(None, "a long line"), (11, "a long line"), (10, "a long li…"), (1, "…")]
)
def test_a_line_is_cut_where_it_is_longer_than_may_be(most: int | None, line: str) -> None:
    assert plain_line("a\tlong\nline", most) == line


def test_a_reader_who_leaves_hears_nothing(state: State) -> None:
    command = "from datasets_registry.boundary import run_command\nrun_command(lambda: print('x' * 10**6))"
    run = subprocess.run(
        ["bash", "-c", '"$0" -c "$1" | true; exit ${PIPESTATUS[0]}', sys.executable, command],
        capture_output=True,
        text=True,
        cwd=REPOSITORY,
    )
    assert (run.returncode, run.stderr) == (1, "")


def test_what_an_encoding_lacks_is_its_escape(state: State) -> None:
    command = "from datasets_registry.boundary import run_command\nrun_command(lambda: print('→\\ud800'))"
    run = subprocess.run(
        [sys.executable, "-c", command],
        capture_output=True,
        text=True,
        cwd=REPOSITORY,
        env=os.environ | {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"},
    )
    assert (run.returncode, run.stderr, run.stdout) == (0, "", "\\u2192\\ud800\n")


def test_arguments_that_cannot_be_read_are_one_line() -> None:
    with pytest.raises(BadInput, match=r"unrecognized arguments: --x.*--help"):
        CommandParser(prog="x").parse_args(["--x"])


def entries() -> list[Path]:
    """The modules that run by themselves."""
    paths = [path for folder in SOURCE for path in (REPOSITORY / folder).rglob("*.py")]
    return [
        path.relative_to(REPOSITORY) for path in paths if 'if __name__ == "__main__":' in path.read_text()
    ]


def last_call(path: Path) -> ast.Call:
    """What a module that runs by itself calls."""
    guard = ast.parse((REPOSITORY / path).read_text()).body[-1]
    assert isinstance(guard, ast.If) and isinstance(guard.body[-1], ast.Expr)
    call = guard.body[-1].value
    assert isinstance(call, ast.Call)
    return call


@pytest.mark.parametrize("path", [path for path in entries() if str(path) not in CHILDREN], ids=str)
def test_every_module_that_runs_by_itself_ends_at_the_boundary(path: Path) -> None:
    call = last_call(path)
    assert isinstance(call.func, ast.Name)
    imported = {
        alias.asname or alias.name: f"{node.module}.{alias.name}"
        for node in ast.parse((REPOSITORY / path).read_text()).body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert imported[call.func.id] in {
        "datasets_registry.boundary.run_command",
        "training.running.run.main",
        "benchmarks.sides.figure.run",
        "benchmarks.sides.figure.run_parts",
        "assets.cli.main.main",
    }


def test_every_module_that_a_page_runs_is_among_them() -> None:
    texts = " ".join(path.read_text() for path in PAGES)
    modules = set(re.findall(rf"python -m ((?:{'|'.join(SOURCE)})\.[a-z_.]+[a-z])", texts))
    known = {str(path.with_suffix("")).replace("/", ".").removesuffix(".__main__") for path in entries()}
    assert len(modules) > 8 and modules <= known - {path[:-3].replace("/", ".") for path in CHILDREN}
