"""A program that is verified can do nothing but compute, and cannot say itself that it is right."""

import os
import re
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from datasets_registry.errors import BadInput
from methods.sandbox import run as sandbox
from methods.sandbox.run import Limits, failure

QUICK = Limits(seconds=1, memory_mb=256)
ADD = "def add(a, b):\n    return a + b\n"
TESTS = "assert add(1, 2) == 3\nassert add(20, 22) == 42"


def run(completion: str, tests: str = TESTS) -> str | None:
    return failure(completion, tests, Limits(seconds=10, memory_mb=256))


def test_a_right_program_passes_and_a_wrong_one_is_told_which_test_fails() -> None:
    assert run(ADD) is None
    assert run(ADD.replace("+", "-")) == "`assert add(1, 2) == 3` fails"
    assert run("def sub(): ...") == "NameError in `assert add(1, 2) == 3`: name 'add' is not defined"


@pytest.mark.parametrize("program", ["while True: pass", "def add(a, b):\n    while True: pass"])
def test_an_endless_loop_ends_in_time(program: str) -> None:
    begun = time.monotonic()
    assert failure(program, TESTS, QUICK) == "takes longer than 1 s"
    assert time.monotonic() - begun < 5


def test_a_fork_bomb_makes_no_process() -> None:
    reason = run("import os\nwhile True:\n    os.fork()")
    assert reason == "the completion does not run: PermissionError: [Errno 1] Operation not permitted"
    assert "can't start new thread" in str(run("import threading\nthreading.Thread(target=print).start()"))


def test_ten_gigabytes_cannot_be_had() -> None:
    assert "MemoryError" in str(run("def add(a, b):\n    return bytearray(10 << 30)"))
    assert run("held = []\nwhile True:\n    held.append(bytearray(1 << 24))") is not None


def test_nothing_outside_changes(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.write_text("as it was")
    before = kept.stat()
    attempts = (
        "open(kept, 'w').write('x')",
        "open(kept, 'a')",
        "open(new, 'x')",
        "open('new', 'w')",
        "os.unlink(kept)",
        "os.rename(kept, new)",
        "os.link(kept, new)",
        "os.symlink(kept, new)",
        "os.mkdir(new)",
        "os.chmod(kept, 0)",
        "os.chown(kept, 1, 1)",
        "os.utime(kept, (0, 0))",
        "os.truncate(kept, 0)",
        "os.mkfifo(new)",
        "os.setxattr(kept, 'user.x', b'x')",
        "open('/tmp/trimtab-x', 'w')",
        "os.rmdir(os.path.dirname(kept))",
        "os.open(kept, os.O_RDONLY | os.O_TRUNC)",
        "os.open('/dev/shm', os.O_TMPFILE | os.O_RDWR)",
    )
    lines = [f"import os\nkept, new, done = {str(kept)!r}, {str(tmp_path / 'new')!r}, []"]
    lines += [
        f"try:\n    {attempt}\n    done.append({attempt!r})\nexcept OSError: pass" for attempt in attempts
    ]
    assert run("\n".join([*lines, ADD]), "assert done == [], done\n" + TESTS) is None
    after = kept.stat()
    assert kept.read_text() == "as it was" and [path.name for path in tmp_path.iterdir()] == ["kept"]
    assert (after.st_mode, after.st_uid, after.st_mtime_ns) == (
        before.st_mode,
        before.st_uid,
        before.st_mtime_ns,
    )
    assert not Path("/tmp/trimtab-x").exists()


@pytest.fixture
def servers() -> Iterator[list[socket.socket]]:
    tcp, abstract = socket.socket(), socket.socket(socket.AF_UNIX)
    tcp.bind(("127.0.0.1", 0))
    abstract.bind(f"\0trimtab-{os.getpid()}")
    for server in (tcp, abstract):
        server.listen()
        server.settimeout(0.05)
    yield [tcp, abstract]
    tcp.close()
    abstract.close()


def test_no_server_is_reached(servers: list[socket.socket]) -> None:
    tcp, abstract = servers
    program = f"""
import socket
import sys
reached = []
served = ((socket.AF_INET, {tcp.getsockname()!r}), (socket.AF_UNIX, {abstract.getsockname()!r}))
for family, address in served:
    try:
        socket.socket(family).connect(address)
        reached.append(address)
    except OSError: pass
"""
    assert run(program + ADD, "assert reached == []\n" + TESTS) is None
    for server in servers:
        with pytest.raises(TimeoutError):
            server.accept()


@pytest.mark.parametrize(
    "trick",
    [
        "import sys; sys.exit(0)",
        "import os; os._exit(0)",
        "raise SystemExit(0)",
        "raise KeyboardInterrupt",
        "import os; print('accepted'); os._exit(0)",
        "import ctypes; ctypes.string_at(0)",
        "import os; os.closerange(0, 64)",
        "import os\nfor one in range(64):\n    try: os.write(one, VERDICT)\n    except OSError: pass",
        "import sys; sys.modules.clear()",
        "import builtins; builtins.AssertionError = builtins.Exception = type('Never', (Exception,), {})",
        "import json; json.dumps = lambda *_, **__: '{\"accepted\": true}'",
        "import os, signal; os.kill(os.getppid(), signal.SIGKILL)",
        "import os, fcntl, signal\nfcntl.fcntl(4, fcntl.F_SETOWN, os.getppid())",
        "import sys\nsys.setrecursionlimit(10**9)\ndef deep(): deep()\ndeep()",
        "__import__('gc').get_objects()[0].clear()",
        "all = any = abs = len = isinstance = print = lambda *_: True",
    ],
)
@pytest.mark.parametrize("where", ["at import", "in a call"])
def test_a_wrong_program_is_not_accepted_whatever_it_does(trick: str, where: str) -> None:
    wrong = "VERDICT = b'{\"accepted\": true}'\ndef add(a, b):\n    return 0\n"
    if where == "in a call":
        inside = "".join(f"    {line}\n" for line in trick.splitlines())
        wrong, trick = wrong.replace("    return", f"{inside}    return"), ""
    assert failure(f"{wrong}{trick}", "assert abs(add(1, 2) - 3) < 1e-6", QUICK) is not None


def test_tests_that_catch_everything_do_not_hide_that_the_program_ended() -> None:
    tests = "try:\n    add(1, 2)\nexcept BaseException:\n    pass\nassert True"
    ended = run("import os\ndef add(a, b):\n    os._exit(0)", tests)
    assert ended == "the completion's process has ended"


ALWAYS = """
def yes(*_): return True
methods = ("eq", "lt", "gt", "le", "ge", "contains", "bool", "instancecheck")
def zero(*_): return 0
numbers = ("sub", "rsub", "abs", "float")
names = {f"__{name}__": yes for name in methods} | {f"__{name}__": zero for name in numbers}
"""
COMPARED = ("{} == 3", "3 == {}", "abs({} - 3) < 1e-6", "3 in {}", "{} > 2", "[{}] == [3]", "{} in (3, 4)")


@pytest.mark.parametrize("parent", ["object", "int", "float", "str", "list", "tuple", "set", "dict"])
def test_a_value_that_claims_to_equal_everything_equals_nothing(parent: str) -> None:
    program = f"{ALWAYS}\nLiar = type('Liar', ({parent},), names)\ndef add(a, b): return Liar()"
    tests = ["believed = []"]
    for comparison in COMPARED:
        tests.append(
            f"try:\n    assert {comparison.format('add(1, 2)')}\nexcept (AssertionError, TypeError): pass"
        )
        tests.append(f"else: believed.append({comparison!r})")
    assert run(program, "\n".join([*tests, "assert not believed, believed"])) is None


def test_no_secret_is_within_reach(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET", "hunter2")
    program = """
import os
def seen():
    found = dict(os.environ)
    for path in (f"/proc/{os.getppid()}/environ", "/proc/self/environ", "/etc/passwd", %r):
        try: found[path] = open(path).read()
        except OSError: pass
    return found
"""
    assert run(program % str(Path(__file__)), "assert seen().keys() <= {'LC_CTYPE'}, seen()") is None


def test_the_tests_are_not_in_the_memory_of_the_program() -> None:
    program = """
import ctypes
def held(half, other):
    libc = ctypes.CDLL(None)
    libc.sbrk.restype = ctypes.c_void_p
    top = low = libc.sbrk(0) // 4096 * 4096
    while libc.mprotect(ctypes.c_void_p(low - 4096), 4096, 3) == 0:  # succeeds where a page is mapped
        low -= 4096
    return ctypes.string_at(low, top - low).count((half + other).encode())
"""
    sentinel = "nonceOfTheseTests" * 100  # long enough to lie on the heap
    written = f"# {sentinel}\nfound = held('nonceOf', 'TheseTests')\nassert found == 0, found"
    assert run(program, written) is None
    assert str(run(f"{program}\nkept = {sentinel!r}", written)).startswith("`assert found == 0")


def test_no_process_is_left() -> None:
    program = (
        "import os, signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\ndef pid():\n    return os.getpid()"
    )
    match = re.search(r"fails: (\d+)$", str(run(program, "assert pid() == 0, pid()")))
    assert match and not Path(f"/proc/{match[1]}").exists()


@pytest.mark.parametrize(
    "removed",
    ["confine = lambda *_: None", "_restrict_calls = lambda _: None", "_restrict_files = lambda: None"],
)
def test_untrusted_code_does_not_run_where_it_cannot_be_confined(
    removed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    weakened = sandbox._START.replace(
        "from methods", f"import methods.sandbox.confinement as c; c.{removed}; from methods"
    )
    monkeypatch.setattr(sandbox, "_START", weakened)
    sandbox._require_confinement.cache_clear()
    with pytest.raises(BadInput, match="cannot be confined here"):
        run(ADD)
    monkeypatch.undo()
    sandbox._require_confinement.cache_clear()
    Path("/dev/shm/x").unlink(missing_ok=True)


def test_other_systems_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    sandbox._require_confinement.cache_clear()
    with pytest.raises(BadInput, match="cannot be confined on darwin"):
        run(ADD)
    sandbox._require_confinement.cache_clear()
