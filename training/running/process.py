"""The process of a trainer: it dies with its parent, is killed safely, and ends with one line."""

import ctypes
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NoReturn

from dagster_pipes import DAGSTER_PIPES_CONTEXT_ENV_VAR, PipesContext, open_dagster_pipes

from datasets_registry.boundary import FORESEEN, UNFORESEEN, say_error, unforeseen
from datasets_registry.errors import TrimtabError
from datasets_registry.exporting.places import ERROR
from datasets_registry.plain_text import plain, plain_line
from datasets_registry.state import durable
from training.running import ranks
from training.settings.trackers import MODULES

Report = Callable[[str], None]
_PARENT_DEATH = 1


def die_with_parent() -> None:
    """Let this process be killed with the Dagster run or launcher that started it (Linux)."""
    if sys.platform == "linux" and (_in_dagster() or ranks.launched()):
        ctypes.CDLL(None).prctl(_PARENT_DEATH, signal.SIGKILL)


def go_offline() -> None:
    """Let this process and those that it starts read models from disk alone: all that a run names is there.

    Libraries read the variables when they are imported, so this comes first in the process; nobody else's
    is touched, since the one of the pipeline downloads models. Who sets the variables decides.
    """
    for variable in ("HF_HUB_OFFLINE", "HF_HUB_DISABLE_TELEMETRY"):
        os.environ.setdefault(variable, "1")
    constants = sys.modules.get("huggingface_hub.constants")
    if constants and os.environ["HF_HUB_OFFLINE"] == "1":
        # a plug-in had imported it before
        constants.HF_HUB_OFFLINE = True  # type: ignore[attr-defined]


def take_no_input() -> None:
    """Let nothing that is loaded ask a person: standard input is empty, also for processes started later."""
    with Path(os.devnull).open() as nothing:
        os.dup2(nothing.fileno(), 0)


def stop_at_interrupt() -> None:
    """End at once at an interrupt, as at a kill: what is on disk is whole at any moment.

    A run that a shell started in the background ignores interrupts, and Dagster then ignores termination
    too: a trainer would inherit both, and could not be cancelled.
    """
    for stopping in (signal.SIGINT, signal.SIGTERM):
        signal.signal(stopping, signal.SIG_DFL)


@contextmanager
def reporting() -> Iterator[Report]:
    """Report progress to Dagster's log and stderr, from the first process alone."""
    if not ranks.is_first():
        yield lambda _: None
    elif _in_dagster():
        with open_dagster_pipes() as pipes:
            yield _dagster_report(pipes)
    else:
        yield _print_line


@contextmanager
def errors_as_one_line(config: Path) -> Iterator[None]:
    """Turn errors into one line and exit code 2, or 1 where nobody foresaw them, as everywhere in Trimtab.

    The line is also written beside the config, where the asset finds it. A launcher prints it for its
    processes.
    """
    try:
        yield
    except TrimtabError as error:
        end(config, str(error), FORESEEN)
    except Exception as error:
        end(config, unforeseen(error), UNFORESEEN)


def end(config: Path, sentence: str, code: int) -> NoReturn:
    """End this process with a sentence and an exit code."""
    with suppress(TrimtabError):
        # where the disk is full the sentence is still said
        write_error(config, sentence)
    if not ranks.launched():
        say_error(sentence)
    sys.exit(code)


@contextmanager
def left_at_once() -> Iterator[None]:
    """End this process with the exit code of what it did, without waiting for what libraries leave behind.

    Threads and destructors of torch's process group have kept an interpreter from ending; what is made is on
    disk by then. A tracker's last upload is waited for.
    """
    code: str | int | None = 0
    try:
        yield
    except SystemExit as ended:
        code = ended.code
    if any(module in sys.modules for modules in MODULES.values() for module in modules):
        sys.exit(code)
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(code if isinstance(code, int) else int(code is not None))


def error_file(config: Path) -> Path:
    """The file in which a run leaves the line that it ended with."""
    return config.with_name(ERROR)


def write_error(config: Path, sentence: str) -> None:
    """Write the line that says why, whole even where several processes write it."""
    with durable(error_file(config)) as temporary:
        temporary.write_text(plain_line(sentence), encoding="utf-8")


def restart(config: Path, error: Exception) -> NoReturn:
    """Give back all memory, as only a new process surely does; to its parent it stays the same one.

    Where there are several processes each ends, and their launcher restarts.
    """
    if ranks.launched():
        write_error(config, str(error))
        os._exit(FORESEEN)
    _print_line(str(error))
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])


def _in_dagster() -> bool:
    # outside, open_dagster_pipes would give a mock that answers everything
    return DAGSTER_PIPES_CONTEXT_ENV_VAR in os.environ


def _print_line(line: str) -> None:
    print(plain(line), file=sys.stderr, flush=True)


def _dagster_report(pipes: PipesContext) -> Report:
    def report(line: str) -> None:
        pipes.log.info(plain(line))
        _print_line(line)

    return report
