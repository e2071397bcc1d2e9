"""The process of one check: forks the completion's process and the tests' process, and reports a verdict.

The completion's process is confined before it runs the completion, and is forked before the tests are
read: they are never in its memory, and it holds no descriptor that leads to the verdict. It answers
calls. The tests run in a process of their own, confined in the same way, and compare plain data.
Started by ``methods/sandbox/run.py``, which sends limits, completion and tests, each after its length.
"""

import json
import os
import select
import signal
import struct
import sys
import time
from collections.abc import Callable


def main() -> None:
    """Read a check from standard input and write its verdict to standard output."""
    os.nice(5)
    limits, completion = json.loads(_part()), json.loads(_part())
    to_candidate, to_tests = os.pipe(), os.pipe()
    candidate = _fork(lambda: _candidate(completion, to_candidate[0], to_tests[1], limits))
    tests, verdict = json.loads(_part()), os.pipe()
    tester = _fork(lambda: _tests(tests, to_tests[0], to_candidate[1], verdict[1], limits))
    for descriptor in (*to_candidate, *to_tests, verdict[1]):  # else neither would see the other's end
        os.close(descriptor)
    report = _wait(verdict[0], time.monotonic() + limits["seconds"])
    for child in (candidate, tester):
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    os.write(1, report)


def _part() -> bytes:
    """The next part of standard input, after its length; nothing is read ahead of it."""
    (length,) = struct.unpack("I", _exactly(4))
    return _exactly(length)


def _exactly(length: int) -> bytes:
    content = b""
    while len(content) < length:
        part = os.read(0, length - len(content))
        if not part:
            raise EOFError("the check was not sent whole")
        content += part
    return content


def _wait(verdict: int, end: float) -> bytes:
    """What the tests' process reports before ``end``."""
    report = b""
    while (left := end - time.monotonic()) > 0 and len(report) < 2**16:
        if not select.select([verdict], [], [], left)[0]:
            break
        part = os.read(verdict, 2**16)
        if not part:
            return report or b'{"reason": "the tests ended without a verdict (time, memory or a crash)"}'
        report += part
    return b'{"reason": "out of time"}'


def _fork(run: Callable[[], None]) -> int:
    child = os.fork()
    if child:
        return child
    try:
        run()
    finally:
        os._exit(1)


def _confine(descriptors: tuple[int, ...], limits: dict[str, float]) -> None:
    """Confine this process, and leave it ``descriptors`` and three of /dev/null."""
    from methods.sandbox.confinement import confine, die_with_parent

    die_with_parent()
    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nothing, standard)
    low = 3
    for descriptor in sorted(descriptors):
        os.closerange(low, descriptor)
        low = descriptor + 1
    os.closerange(low, 1024)
    confine(int(limits["memory_mb"]) * 2**20, int(limits["seconds"]) + 1)


def _candidate(completion: str, reading: int, writing: int, limits: dict[str, float]) -> None:
    """Run the completion, then answer the tests' calls."""
    from methods.sandbox.peer import Peer

    _confine((reading, writing), limits)
    peer = Peer(reading, writing, serves_all=True)
    namespace: dict[str, object] = {"__name__": "completion"}
    failure = ""
    try:
        exec(compile(completion, "<completion>", "exec"), namespace)
    except BaseException as error:
        failure = f"the completion does not run: {type(error).__name__}: {error}"[:300]
    module = type(sys)
    kinds = {name: isinstance(value, module) for name, value in namespace.items() if name.isidentifier()}
    peer.operations |= {"failure": lambda: failure, "kinds": lambda: kinds, "global": namespace.__getitem__}
    peer.serve()


def _tests(tests: str, reading: int, writing: int, verdict: int, limits: dict[str, float]) -> None:
    """Run the tests against the completion's process and write the verdict."""
    from methods.sandbox import tests_of_code
    from methods.sandbox.peer import Peer

    _confine((reading, writing, verdict), limits)
    reason = tests_of_code.failure(tests, Peer(reading, writing, serves_all=False))
    os.write(verdict, json.dumps({"accepted": reason is None, "reason": reason}).encode())
