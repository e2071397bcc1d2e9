"""Confinement of a process by Linux's seccomp, Landlock and resource limits.

Nothing here needs privileges or namespaces, so it works for root, for other users and in containers.
The process cannot undo its confinement, which also covers whatever it would start.
"""

import ctypes
import os
import resource
import signal
import stat
import struct
import sys

_TABLE = f"{__file__.rpartition('/')[0]}/syscalls.txt"  # pathlib would double the time of a start
_ARCHITECTURES = {"x86_64": (0xC000003E, 1), "aarch64": (0xC00000B7, 2)}
_PARENT_DEATH, _DUMPABLE, _SET_SECCOMP, _NO_NEW_PRIVILEGES = 1, 4, 22, 38
_LANDLOCK_CREATE, _LANDLOCK_ADD, _LANDLOCK_RESTRICT = 444, 445, 446
_READ = 0b1101  # execute, which dlopen of a library asks for; read a file; list a folder
_FILE_ONLY = 0b0101
_ALLOW, _KILL, _REFUSE = 0x7FFF0000, 0x80000000, 0x00050000
_PERMISSION, _ACCESS = 1, 13
_X32 = 0x40000000
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_FCNTL = (0, 1, 2, 3, 1030)  # duplicate, and read or set close-on-exec; no F_SETOWN, which sends signals
_IOCTL = (0x5401, 0x5413, 0x5450, 0x5451)  # is it a terminal, its size, close-on-exec
_LIBRARIES = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/share/zoneinfo", "/etc/ld.so.cache")
_DEVICES = ("/dev/null", "/dev/urandom", "/dev/zero")

_libc = ctypes.CDLL(None, use_errno=True)


def confine(memory_bytes: int, cpu_seconds: int) -> None:
    """Confine this process, which must have one thread; raises OSError where the kernel cannot.

    What remains is computing, using open file descriptors, and reading Python's own libraries.
    """
    program = b"".join(_program())  # its table can no longer be read afterwards
    _limit(memory_bytes, cpu_seconds)
    _prctl(_NO_NEW_PRIVILEGES, 1)
    _prctl(_DUMPABLE, 0)
    _drop_capabilities()
    _restrict_files()
    _restrict_calls(program)


def die_with_parent() -> None:
    """Have the kernel end this process when its parent ends."""
    _prctl(_PARENT_DEATH, signal.SIGKILL)


def _limit(memory_bytes: int, cpu_seconds: int) -> None:
    for limit, most in (
        (resource.RLIMIT_AS, memory_bytes),
        (resource.RLIMIT_CPU, cpu_seconds),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, 32),
        (resource.RLIMIT_NPROC, 0),
    ):
        highest = resource.getrlimit(limit)[1]
        most = most if highest == resource.RLIM_INFINITY else min(most, highest)
        resource.setrlimit(limit, (most, most))


def _prctl(option: int, value: int) -> None:
    _checked(
        _libc.prctl(option, ctypes.c_ulong(value), ctypes.c_ulong(0), ctypes.c_ulong(0), ctypes.c_ulong(0))
    )


def _checked(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result


def _drop_capabilities() -> None:
    header = struct.pack("Ii", 0x20080522, 0)
    _checked(_libc.capset(header, bytes(24)))


def _restrict_files() -> None:
    """Landlock: libraries can be read, nothing else can be opened, made, renamed or removed."""
    version = _checked(_libc.syscall(_LANDLOCK_CREATE, None, ctypes.c_size_t(0), 1))
    files = (1 << (13 + (version >= 2) + (version >= 3) + (version >= 5))) - 1
    rules = struct.pack("QQQ", files, 3 if version >= 4 else 0, 3 if version >= 6 else 0)
    size = 8 if version < 4 else 16 if version < 6 else 24
    ruleset = _checked(_libc.syscall(_LANDLOCK_CREATE, rules, ctypes.c_size_t(size), 0))
    for path in (*_LIBRARIES, *_DEVICES, os.__file__.rpartition("/")[0], f"{sys.base_prefix}/lib"):
        _allow_reading(ruleset, path)
    _checked(_libc.syscall(_LANDLOCK_RESTRICT, ruleset, 0))
    os.close(ruleset)


def _allow_reading(ruleset: int, path: str) -> None:
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    rule = struct.pack("=Qi", _READ if stat.S_ISDIR(os.fstat(descriptor).st_mode) else _FILE_ONLY, descriptor)
    _checked(_libc.syscall(_LANDLOCK_ADD, ruleset, 1, rule, 0))
    os.close(descriptor)


def _restrict_calls(program: bytes) -> None:
    """Seccomp: only the calls of ``syscalls.txt``; another instruction set ends the process."""
    buffer = ctypes.create_string_buffer(program, len(program))
    filters = struct.pack("HxxxxxxQ", len(program) // 8, ctypes.addressof(buffer))
    _checked(_libc.prctl(_SET_SECCOMP, ctypes.c_ulong(2), filters, ctypes.c_ulong(0), ctypes.c_ulong(0)))


def _program() -> list[bytes]:
    architecture, column = _ARCHITECTURES[os.uname().machine]
    with open(_TABLE, encoding="utf-8") as lines:  # noqa: PTH123
        rows = [line.split() for line in lines if not line.startswith("#")]
    calls = {row[0]: int(row[column]) for row in rows if row[column] != "-"}
    program = [
        _load(4),
        _jump(0x15, architecture, 1, 0),
        _end(_KILL),
        _load(0),
        _jump(0x35, _X32, 0, 1),
        _end(_REFUSE | _PERMISSION),
    ]
    for call, number in calls.items():
        decision = _decision(call)
        program += [_jump(0x15, number, 0, len(decision)), *decision]
    return [*program, _end(_REFUSE | _PERMISSION)]


def _decision(call: str) -> list[bytes]:
    """The instructions that decide on a call once its number is matched."""
    if call == "openat":
        return [_load(32), _jump(0x45, _WRITING, 0, 1), _end(_REFUSE | _ACCESS), _end(_ALLOW)]
    commands = {"fcntl": _FCNTL, "ioctl": _IOCTL}.get(call)
    if commands is None:
        return [_end(_ALLOW)]
    allowed = [part for command in commands for part in (_jump(0x15, command, 0, 1), _end(_ALLOW))]
    return [_load(24), *allowed, _end(_REFUSE | _PERMISSION)]


def _load(offset: int) -> bytes:
    """Load 32 bits of the call: 0 its number, 4 the architecture, 16 + 8 n the low half of argument n."""
    return struct.pack("HBBI", 0x20, 0, 0, offset)


def _jump(code: int, value: int, if_true: int, if_false: int) -> bytes:
    return struct.pack("HBBI", code, if_true, if_false, value)


def _end(action: int) -> bytes:
    return struct.pack("HBBI", 0x06, 0, 0, action)
