"""Forked processes of one that has imported everything: a trial takes no longer than its work."""

import json
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

PATIENCE_SECONDS = 900.0


def start(work: Callable[[], object], said: Path) -> int:
    """A process that does the work and ends with 0, or with 1 and its traceback in ``said``; its number."""
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        # Dagster leaves handlers of its own, with which a signal would not end the work
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        output = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(output, 1)
        os.dup2(output, 2)
        work()
        code = 0
    except BaseException:
        with said.open("a") as file:
            traceback.print_exc(file=file)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def ended(child: int) -> bool:
    """Whether the process has ended; it must still be waited for."""
    return os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def wait(child: int, seconds: float = PATIENCE_SECONDS) -> int | None:
    """The process's exit code; None where it had to be killed after so many seconds."""
    patient_until = time.monotonic() + seconds
    while not ended(child):
        if time.monotonic() > patient_until:
            os.kill(child, 9)
            os.waitpid(child, 0)
            return None
        time.sleep(0.002)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def answer(work: Callable[[], Any], said: Path) -> Any:
    """What the work returns in a process of its own; raises RuntimeError where it fails."""
    path = said.with_suffix(".json")
    code = wait(start(lambda: path.write_text(json.dumps(work())), said))
    if code != 0:
        raise RuntimeError(f"{said} ended with {code}:\n{said.read_text()[-3000:]}")
    return json.loads(path.read_text())


def modules_of(work: Callable[[], object], said: Path) -> list[str]:
    """The modules that the work imports, found in a process of its own."""

    def imported() -> list[str]:
        work()
        return list(sys.modules)

    names: list[str] = answer(imported, said)
    return names


def import_all(names: list[str]) -> None:
    """Import them here, so that forked processes need not."""
    for name in names:
        if name not in sys.modules and name != "__main__":
            try:
                import_module(name)
            except Exception as error:
                print(f"{name} is imported by each process: {error}", file=sys.stderr)
