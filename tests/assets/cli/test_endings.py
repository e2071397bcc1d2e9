"""The command line ends with one line and an exit code, whatever happens in a command."""

import sys

import pytest

from assets.cli import datasets
from assets.cli.main import main
from datasets_registry.errors import BadInput
from datasets_registry.state import State


def line_of(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *words: str
) -> tuple[int, str]:
    """The exit code of a command that prints nothing but one line on stderr, and the line."""
    monkeypatch.setattr(sys, "argv", ["trimtab", *words])
    with pytest.raises(SystemExit) as stopped:
        main()
    out, err = capsys.readouterr()
    assert out == "" and err.count("\n") == 1 and err.endswith("\n")
    return int(stopped.value.code or 0), err


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (BadInput("this value: take another"), 2, "error: this value: take another\n"),
        (KeyboardInterrupt(), 130, "interrupted\n"),
        (ZeroDivisionError("by zero"), 1, "error: unexpected ZeroDivisionError: by zero (details in "),
    ],
)
def test_an_error_within_a_command_is_one_line(
    error: BaseException,
    code: int,
    line: str,
    state: State,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def open_state() -> None:
        raise error

    monkeypatch.setattr(datasets, "open_state", open_state)
    ended, said = line_of(monkeypatch, capsys, "datasets")
    assert ended == code and said.startswith(line)


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["nosuch"], "error: no command 'nosuch': `trimtab --help` shows what there is"),
        (["versions"], "error: Missing argument 'name': `trimtab versions --help` shows what there is"),
        (
            ["versions", "x", "--\x1b[31m\n"],
            r"error: No such option: --\x1b[31m\x0a: `trimtab versions --help`",
        ),
        (["show", "x", "--rows", "many"], "error: Invalid value for '--rows':"),
        (["show", "x", "--rows", "9" * 25], "error: Invalid value for '--rows':"),
        (["diff", "x", "1", "2", "--rows", "9" * 25], "error: Invalid value for '--rows':"),
        (["versions", "\udc80"], r"error: argument '\udc80' is not UTF-8: write it in UTF-8"),
        (["import", "x", "--source=\udc80"], r"error: argument '--source=\udc80' is not UTF-8: write it"),
    ],
)
def test_arguments_that_cannot_be_read_are_one_line(
    words: list[str], line: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ended, said = line_of(monkeypatch, capsys, *words)
    assert ended == 2 and said.startswith(line)
