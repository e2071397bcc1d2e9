"""Where a process meets a person: whatever happens is one line and an exit code, and never a traceback.

Of a file with several faults each is a line.

| exit code | what happened |
|---|---|
| 1 | an error that nobody foresaw, whose details are in a file; or a command found something to be red |
| 2 | an error that was foreseen, with its remedy |
| 130 | an interrupt |
"""

import argparse
import os
import platform
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from io import TextIOWrapper
from pathlib import Path
from typing import NoReturn

from datasets_registry.errors import BadInput, Faults, TrimtabError
from datasets_registry.plain_text import plain_line
from datasets_registry.state import State

FORESEEN, UNFORESEEN, INTERRUPTED = 2, 1, 130
_MOST_CHARACTERS = 300


class CommandParser(argparse.ArgumentParser):
    """A parser of arguments whose refusals are one line, as all others."""

    def error(self, message: str) -> NoReturn:
        """Raise BadInput with the refusal."""
        raise BadInput(f"{message} (--help shows what there is)")


def run_command(command: Callable[[], int | None]) -> NoReturn:
    """Run ``command``, whose result is the exit code, to the end of the process."""
    with ended_in_one_line():
        sys.exit(command() or 0)


@contextmanager
def ended_in_one_line() -> Iterator[None]:
    """End the process with one line on stderr at any error or interrupt, and silently where nobody reads."""
    _survive_any_text()
    try:
        try:
            yield
        finally:
            sys.stdout.flush()
    except TrimtabError as error:
        for sentence in error.sentences if isinstance(error, Faults) else [str(error)]:
            say_error(sentence)
        sys.exit(FORESEEN)
    except KeyboardInterrupt:
        _say("interrupted")
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        _stop_writing()
        sys.exit(UNFORESEEN)
    except Exception as error:
        say_error(unforeseen(error))
        sys.exit(UNFORESEEN)


def say_error(sentence: str) -> None:
    """One line on stderr."""
    _say(f"error: {plain_line(sentence)}")


def unforeseen(error: BaseException) -> str:
    """A sentence for an error that nobody foresaw; its details are written to a file that it names."""
    message = plain_line(str(error), _MOST_CHARACTERS)
    what = f"{type(error).__name__}: {message}" if message else type(error).__name__
    try:
        return f"unexpected {what} (details in {_write_details(error)})"
    except OSError:
        return f"unexpected {what} (its details could not be written)"


def _write_details(error: BaseException) -> Path:
    """The file with the details: in the state folder, or among temporary files where that cannot be written.

    Raises OSError where neither can.
    """
    details = _details(error)
    now = datetime.now(UTC)
    with suppress(Exception):
        folder = State().root / "errors"
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{now:%Y%m%d-%H%M%S}-{os.getpid()}.txt"
        path.write_text(details, encoding="utf-8", errors="backslashreplace")
        return path
    descriptor, name = tempfile.mkstemp(prefix="trimtab-error-", suffix=".txt")
    with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace") as file:
        file.write(details)
    return Path(name)


def _details(error: BaseException) -> str:
    run = f"{datetime.now(UTC).isoformat()}  Python {platform.python_version()}  {platform.platform()}"
    return "\n".join([run, " ".join(sys.argv), "", *traceback.format_exception(error)])


def _survive_any_text() -> None:
    """Let streams write what their encoding lacks as its escape, in place of an error."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _say(line: str) -> None:
    with suppress(OSError, ValueError):
        print(line, file=sys.stderr, flush=True)


def _stop_writing() -> None:
    """Let what is still buffered go nowhere, so that the interpreter does not complain of it at its end."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
