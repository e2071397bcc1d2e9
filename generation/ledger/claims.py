"""Claims: which keys a living process is generating, so that no other generates them too.

Keys are claimed before the ledger is searched for the last time and stored before the claim ends:
whoever claims a key after that finds it. Here, on one machine, a claim is a file of keys that its
process holds locked; a killed process loses the lock, so nobody waits for it. Between machines it is
a lease (``datasets_registry.agreement.leases``).
"""

import fcntl
import uuid
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import IO

from datasets_registry.agreement.claim import Claim, may_run, name_of_this_process
from datasets_registry.state import durable, locked


@contextmanager
def claim(folder: Path, keys: Sequence[str]) -> Iterator[Claim]:
    """Yield a claim of those of ``keys`` that no living process has claimed in ``folder``."""
    with ExitStack() as stack:
        with locked(folder / ".lock"):
            taken = _taken(folder)
            theirs = {key: taken[key] for key in keys if key in taken}
            mine = [key for key in keys if key not in taken]
            if mine:
                _take(folder / f"{uuid.uuid4().hex}.claim", mine, stack)
        yield Claim(mine, theirs)


def _take(path: Path, keys: Sequence[str], stack: ExitStack) -> None:
    with durable(path) as temporary:
        temporary.write_text("\n".join([name_of_this_process(), *keys]))
    held = stack.enter_context(path.open())
    fcntl.flock(held, fcntl.LOCK_EX)
    stack.callback(path.unlink, missing_ok=True)


def _taken(folder: Path) -> dict[str, str]:
    taken: dict[str, str] = {}
    for left in folder.glob(".tmp-*"):
        left.unlink(missing_ok=True)
    for path in folder.glob("*.claim"):
        # a claim may end, and its file with it, at any moment
        with suppress(FileNotFoundError), path.open() as file:
            owner, *keys = file.read().split("\n")
            if _is_held(file) and may_run(owner):
                taken |= dict.fromkeys(keys, owner)
            else:
                path.unlink()
    return taken


def _is_held(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    return False
