"""Run tests against a completion that lives in another process, and say which of them fails."""

import ast
import builtins
import importlib
import sys
from types import TracebackType
from typing import Any

from methods.sandbox.peer import Gone, Peer

_NAME = "<tests>"


def failure(tests: str, peer: Peer) -> str | None:
    """Why the tests fail; None where all of them ran to their end and passed."""
    try:
        tree = ast.parse(tests, _NAME)
        failed = peer.ask("failure")
        if failed:
            return str(failed)
        code = compile(tree, _NAME, "exec")
        namespace = {"__name__": "__main__"} | _named(tree, peer)
    except Gone as error:
        return str(error)
    except BaseException as error:
        return f"the tests do not run: {type(error).__name__}: {error}"[:300]
    try:
        exec(code, namespace)
    except BaseException as error:
        return _told(error, tests)
    return "the completion's process has ended" if peer.lost else None


def _named(tree: ast.AST, peer: Peer) -> dict[str, Any]:
    """What the tests name: a completion's object, but never one in place of a builtin.

    A standard module that the completion imported is imported here, not taken from the completion.
    """
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    found: dict[str, Any] = {}
    for name, is_module in peer.ask("kinds").items():
        if name not in used or hasattr(builtins, name) or name.startswith("__"):
            continue
        standard = is_module and name in sys.stdlib_module_names
        found[name] = importlib.import_module(name) if standard else peer.ask("global", name)
    return found


def _told(error: BaseException, tests: str) -> str:
    """The line that failed and why, in at most a few hundred characters."""
    if isinstance(error, Gone):
        return str(error)
    line = _line(error.__traceback__)
    written = tests.splitlines()[line - 1].strip()[:200] if line else ""
    if isinstance(error, AssertionError):
        return f"`{written}` fails" + (f": {error}"[:200] if str(error) else "")
    return f"{type(error).__name__} in `{written}`: {error}"[:500]


def _line(trace: TracebackType | None) -> int:
    """The last line of the tests that was being run."""
    line = 0
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == _NAME:
            line = trace.tb_lineno
        trace = trace.tb_next
    return line
