"""How a trainer's process lives: with its parent, killed safely, and ended in one sentence."""

import ctypes
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

from dagster_pipes import DAGSTER_PIPES_CONTEXT_ENV_VAR, PipesContext, open_dagster_pipes

from datasets_registry.errors import TrimtabError
from datasets_registry.state import durable
from training.running import ranks

Report = Callable[[str], None]
_PARENT_DEATH = 1


def die_with_parent() -> None:
    """Where Dagster or a launcher is killed, what it started must not go on unseen (Linux)."""
    if sys.platform == "linux" and (_in_dagster() or ranks.launched()):
        ctypes.CDLL(None).prctl(_PARENT_DEATH, signal.SIGKILL)


def stop_when_asked() -> None:
    """End at once at an interrupt, as at a kill: what is on disk is whole at any moment."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@contextmanager
def reporting() -> Iterator[Report]:
    """Where progress is told: Dagster's log and stderr; by the first process alone."""
    if not ranks.is_first():
        yield lambda _: None
    elif _in_dagster():
        with open_dagster_pipes() as pipes:
            yield _through(pipes)
    else:
        yield _printed


@contextmanager
def ended_in_a_sentence(config: Path) -> Iterator[None]:
    """Errors are one line and exit code 2, as everywhere in Trimtab.

    The line is left beside the config too, where the asset finds it. A launcher says it for its processes.
    """
    try:
        yield
    except TrimtabError as error:
        leave(config, error)
        if not ranks.launched():
            print(f"error: {error}", file=sys.stderr)
        sys.exit(2)


def told(config: Path) -> Path:
    """Where a run leaves the sentence that it ended in."""
    return config.with_name("error.txt")


def leave(config: Path, error: Exception) -> None:
    """Leave the sentence, whole whoever else does."""
    with durable(told(config)) as temporary:
        temporary.write_text(str(error))


def begin_anew(config: Path, error: Exception) -> NoReturn:
    """Give back all memory, as only a new process surely does; to its parent it stays the same one.

    Of several processes each ends, and their launcher begins anew.
    """
    if ranks.launched():
        leave(config, error)
        os._exit(2)
    _printed(str(error))
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])


def _in_dagster() -> bool:
    # outside, open_dagster_pipes would give a mock that answers everything
    return DAGSTER_PIPES_CONTEXT_ENV_VAR in os.environ


def _printed(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _through(pipes: PipesContext) -> Report:
    def report(line: str) -> None:
        pipes.log.info(line)
        _printed(line)

    return report
