"""Run a completion's code against tests in processes that can do nothing but compute and answer.

What holds: the completion cannot read a file but Python's libraries, write any, reach a network or another
process, start a process or a thread, see the environment, or live on; time and memory are bounded.
It cannot forge the verdict by output, exit code, patched builtins or values that claim to equal everything:
the tests run elsewhere, on plain data (``methods/sandbox/runner.py``).
What does not: it can tell from a call's arguments that it is tested, and answer what it knows by heart. A
fault of the Linux kernel, or of the hardware, is outside what seccomp and Landlock can hold.
"""

import json
import os
import platform
import signal
import struct
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from datasets_registry.errors import BadInput

_ROOT = Path(__file__).resolve().parents[2]
_START = "import sys; sys.path.insert(0, sys.argv[1]); from methods.sandbox.runner import main; main()"
_GRACE = 5.0
_PROBE = """
def refusals():
    import os, socket
    tried = (
        lambda: socket.socket(), lambda: os.fork(), lambda: open("/etc/passwd"), lambda: os.listdir("/"),
        lambda: open("/dev/shm/x", "w"), lambda: os.kill(os.getppid(), 0), lambda: os.chmod("/tmp", 0o777),
    )
    return [_refused(one) for one in tried]

def _refused(one):
    try:
        one()
    except PermissionError:
        return True
    except OSError as error:
        return type(error).__name__
    return False
"""
_REMEDY = "Code is verified on Linux 5.13 or later with Landlock and seccomp, on x86_64 or aarch64"


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one check: seconds of wall time and of CPU time per process, MiB per process."""

    seconds: float = 5
    memory_mb: int = 512


def failure(completion: str, tests: str, limits: Limits) -> str | None:
    """Why a completion fails the tests; None where it passes all.

    Raises BadInput where this machine cannot confine the code.
    """
    _require_confinement()
    return _run(completion, tests, limits)


def _run(completion: str, tests: str, limits: Limits) -> str | None:
    sent = ({"seconds": limits.seconds, "memory_mb": limits.memory_mb}, completion, tests)
    parts = [json.dumps(one).encode() for one in sent]
    said = _verdict(b"".join(struct.pack("I", len(one)) + one for one in parts), limits.seconds + _GRACE)
    if said.get("accepted") is True:
        return None
    reason = str(said.get("reason") or "no verdict")
    return f"takes longer than {limits.seconds:g} s" if reason == "out of time" else reason


def _verdict(sent: bytes, seconds: float) -> dict[str, object]:
    """The runner's report; the runner and all that it made are gone afterwards."""
    command = [sys.executable, "-I", "-S", "-c", _START, str(_ROOT)]
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={},
        cwd="/",
        start_new_session=True,
    ) as runner:
        try:
            said, _ = runner.communicate(sent, timeout=seconds)
        except subprocess.TimeoutExpired:
            return {"reason": "out of time"}
        finally:
            if runner.poll() is None:
                os.killpg(runner.pid, signal.SIGKILL)
    try:
        found = json.loads(said)
    except ValueError:
        return {}
    return found if isinstance(found, dict) and runner.returncode == 0 else {}


@cache
def _require_confinement() -> None:
    """Run a completion that tries what it must not; raises BadInput unless all of it is refused."""
    if not sys.platform.startswith("linux") or platform.machine() not in ("x86_64", "aarch64"):
        raise BadInput(f"untrusted code cannot be confined on {sys.platform} {platform.machine()}. {_REMEDY}")
    reason = _run(_PROBE, "assert refusals() == [True] * 7, refusals()", Limits(20, 512))
    if reason is not None:
        raise BadInput(f"untrusted code cannot be confined here ({reason}). {_REMEDY}")
