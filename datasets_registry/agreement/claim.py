"""A claim of keys, and by whom they are claimed: a process of a machine, in words."""

import os
import socket
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path


@dataclass(frozen=True)
class Claim:
    """Keys that are ours until the claim ends, and those of others with their owners."""

    mine: list[str]
    theirs: dict[str, str]


def name_of_this_process() -> str:
    """For example ``process 12 on lab-3``."""
    return f"process {os.getpid()} on {socket.gethostname()}"


@cache
def place() -> str:
    """A digest of where process numbers name processes: containers may share a hostname, and not those."""
    boot, numbers = Path("/proc/sys/kernel/random/boot_id"), Path("/proc/self/ns/pid")
    known = (
        [boot.read_text().strip(), str(numbers.readlink())] if boot.exists() and numbers.is_symlink() else []
    )
    return sha256(" ".join([socket.gethostname(), *known]).encode()).hexdigest()[:16]


def may_run(owner: str) -> bool:
    """Whether the process of this name may live: False for one of this machine that is gone."""
    _, process, _, host = owner.split(" ", 3)
    try:
        if host == socket.gethostname():
            os.kill(int(process), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
