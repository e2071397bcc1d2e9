"""Run a completion's code against tests, in processes that can only compute and answer.

What holds: the completion cannot read files other than Python's libraries, write any, reach a network or
another process, start a process or a thread, see the environment, or outlive its check; time and memory are
bounded. It cannot forge the verdict by output, exit code, patched builtins or values that claim to equal
everything: the tests run elsewhere, on plain data (``methods/sandbox/runner.py``).
What does not hold: it can tell from a call's arguments that it is being tested, and answer from memory. A
fault of the Linux kernel or of the hardware is beyond what seccomp and Landlock can stop.
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
from methods.sandbox import runner

_ROOT = Path(__file__).resolve().parents[2]
# the runner is imported above so that it counts as code of what is verified, and named by that import
_START = f"import sys; sys.path.insert(0, sys.argv[1]); from {runner.__name__} import main; main()"
_GRACE = 5.0
_PROBE = """
def refusals():
    import os, socket
    attempts = (
        lambda: socket.socket(), lambda: os.fork(), lambda: open("/etc/passwd"), lambda: os.listdir("/"),
        lambda: open("/dev/shm/x", "w"), lambda: os.kill(os.getppid(), 0), lambda: os.chmod("/tmp", 0o777),
    )
    return [_is_refused(attempt) for attempt in attempts]

def _is_refused(attempt):
    try:
        attempt()
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
    check = ({"seconds": limits.seconds, "memory_mb": limits.memory_mb}, completion, tests)
    parts = [json.dumps(part).encode() for part in check]
    content = b"".join(struct.pack("I", len(part)) + part for part in parts)
    report = _report(content, limits.seconds + _GRACE)
    if report.get("accepted") is True:
        return None
    reason = str(report.get("reason") or "no verdict")
    return f"takes longer than {limits.seconds:g} s" if reason == "out of time" else reason


def _report(check: bytes, seconds: float) -> dict[str, object]:
    """The runner's report; the runner and all its processes have ended afterwards."""
    command = [sys.executable, "-I", "-S", "-c", _START, str(_ROOT)]
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={},
        cwd="/",
        start_new_session=True,
    ) as process:
        try:
            output, _ = process.communicate(check, timeout=seconds)
        except subprocess.TimeoutExpired:
            return {"reason": "out of time"}
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
    try:
        report = json.loads(output)
    except ValueError:
        return {}
    return report if isinstance(report, dict) and process.returncode == 0 else {}


@cache
def _require_confinement() -> None:
    """Run a completion that tries what is forbidden; raises BadInput unless everything is refused."""
    if not sys.platform.startswith("linux") or platform.machine() not in ("x86_64", "aarch64"):
        raise BadInput(f"untrusted code cannot be confined on {sys.platform} {platform.machine()}. {_REMEDY}")
    reason = _run(_PROBE, "assert refusals() == [True] * 7, refusals()", Limits(20, 512))
    if reason is not None:
        raise BadInput(f"untrusted code cannot be confined here ({reason}). {_REMEDY}")
