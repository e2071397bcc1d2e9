"""Run tests against a completion that runs in another process, and name the one that fails."""

import ast
import builtins
import importlib
import sys
from types import TracebackType

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
        namespace = {"__name__": "__main__", **_names(tree, peer)}
    except Gone as error:
        return str(error)
    except BaseException as error:
        return f"the tests do not run: {type(error).__name__}: {error}"[:300]
    try:
        exec(code, namespace)
    except BaseException as error:
        return _described(error, tests)
    return "the completion's process has ended" if peer.lost else None


def _names(tree: ast.AST, peer: Peer) -> dict[str, object]:
    """The completion's objects that the tests name; none of them replaces a builtin.

    A standard module that the completion imported is imported here, not taken from the completion.
    """
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    objects: dict[str, object] = {}
    for name, is_module in peer.ask("kinds").items():
        if name not in used or hasattr(builtins, name) or name.startswith("__"):
            continue
        standard = is_module and name in sys.stdlib_module_names
        objects[name] = importlib.import_module(name) if standard else peer.ask("global", name)
    return objects


def _described(error: BaseException, tests: str) -> str:
    """The line that failed and why, in a few hundred characters."""
    if isinstance(error, Gone):
        return str(error)
    line = _line(error.__traceback__)
    source = tests.splitlines()[line - 1].strip()[:200] if line else ""
    if isinstance(error, AssertionError):
        return f"`{source}` fails" + (f": {error}"[:200] if str(error) else "")
    return f"{type(error).__name__} in `{source}`: {error}"[:500]


def _line(trace: TracebackType | None) -> int:
    """The line of the tests that was running, counted from 1; 0 where there is none."""
    line = 0
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == _NAME:
            line = trace.tb_lineno
        trace = trace.tb_next
    return line
