"""Run tests against a completion that runs in another process, and name the one that fails."""

import ast
import builtins
import importlib
import sys
from collections.abc import Callable
from types import TracebackType

from methods.sandbox.assertions import counted
from methods.sandbox.peer import Gone, Peer

_NAME = "<tests>"
_NOTHING_RAN = "no assertion of the tests ran"
_COUNTER = "__assertion_runs__"
# what compares for the tests has to be their own
_COMPARING = frozenset(("np", "numpy", "pd", "pandas", "scipy", "torch", "pytest", "unittest")) | frozenset(
    ("isclose", "approx", "allclose", "array_equal", "assert_allclose", "assert_array_equal", "assert_equal")
)


class _Foreign(Exception):
    """The tests would compare by what the completion defines."""


def failure(tests: str, peer: Peer) -> str | None:
    """Why the tests fail; None where all of them ran to their end and passed."""
    try:
        tree = ast.parse(tests, _NAME)
        failed = peer.ask("failure")
        if failed:
            return str(failed)
        namespace = {"__name__": "__main__", **_names(tree, peer)}
        code = compile(counted(tree, _COUNTER), _NAME, "exec")
    except (Gone, _Foreign) as error:
        return str(error)
    except BaseException as error:
        return f"the tests do not run: {type(error).__name__}: {error}"[:300]
    reason = _run(lambda: exec(code, namespace), namespace, tests)
    if peer.lost and reason in (None, _NOTHING_RAN):
        return "the completion's process has ended"
    return reason


def _run(run: Callable[[], None], namespace: dict[str, object], tests: str) -> str | None:
    """Why the tests fail; also where they end without having asserted anything."""
    ran: list[None] = []
    namespace[_COUNTER] = lambda: ran.append(None)
    try:
        run()
    except BaseException as error:
        # as `unittest.main` ends where all passed
        if not isinstance(error, SystemExit) or error.code:
            return _described(error, tests)
    return None if ran else _NOTHING_RAN


def _names(tree: ast.AST, peer: Peer) -> dict[str, object]:
    """The completion's objects that the tests name; none of them replaces a builtin or compares for them.

    A standard module that the tests use is imported here, not taken from the completion.
    """
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)} - _bound(tree)
    modules = _used_as_modules(tree) & used
    objects: dict[str, object] = {name: importlib.import_module(name) for name in modules}
    for name, is_module in peer.ask("kinds").items():
        if name not in used or hasattr(builtins, name) or name.startswith("__"):
            continue
        if name in _COMPARING or (name in modules and not is_module):
            raise _Foreign(f"the tests use {name} without an import, and the completion defines it")
        standard = is_module and name in sys.stdlib_module_names
        objects[name] = importlib.import_module(name) if standard else peer.ask("global", name)
    return objects


def _bound(tree: ast.AST) -> set[str]:
    """The names that the tests import or define at their top level."""
    bound: set[str] = set()
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            bound |= {(alias.asname or alias.name).partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            bound.add(node.name)
    return bound


def _used_as_modules(tree: ast.AST) -> set[str]:
    """The standard modules of which the tests use an attribute."""
    attributes = (node.value for node in ast.walk(tree) if isinstance(node, ast.Attribute))
    names = {value.id for value in attributes if isinstance(value, ast.Name)}
    return {name for name in names if name in sys.stdlib_module_names}


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
