"""The assertions of tests: which of them can run, and counting those that do."""

import ast
from collections.abc import Iterable, Iterator, Sequence

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
_CONTEXTS = ("raises", "warns")
_RUNNERS = frozenset({"main", "run", "debug", "TextTestRunner"})


def can_fail(tree: ast.AST) -> bool:
    """Whether an assertion that can fail stands where the tests run: not in a function that nobody calls.

    A tuple is always true, and so is a branch under ``if False`` never run. The methods of a test case run
    where a runner is called.
    """
    return any(map(_asserts, _reachable(tree)))


def counted(tree: ast.Module, counter: str) -> ast.Module:
    """The tests with a call of ``counter`` before each assertion."""
    _Counting(counter).generic_visit(tree)
    return ast.fix_missing_locations(tree)


class _Counting(ast.NodeTransformer):
    def __init__(self, counter: str) -> None:
        self.counter = counter

    def visit(self, node: ast.AST) -> ast.AST | list[ast.AST]:
        """The node, after a call of the counter where it asserts."""
        visited = self.generic_visit(node)
        if not isinstance(node, ast.stmt) or not _asserts(node):
            return visited
        call = ast.Expr(ast.Call(ast.Name(self.counter, ast.Load()), [], []))
        return [ast.copy_location(call, node), visited]


def _asserts(node: ast.AST) -> bool:
    """Whether running this statement by itself asserts something that may be false."""
    match node:
        case ast.Assert(test=ast.Tuple(elts=[_, *_])):
            return False
        case ast.Assert(test=ast.Constant(value=value)):
            return not value
        case ast.Assert():
            return True
        case ast.Expr(value=ast.Call(func=function)):
            return _called(function).startswith("assert")
        case ast.With(items=items):
            return any(map(_expects_an_error, items))
        case ast.If():
            return any(map(_raises_assertion, (*node.body, *node.orelse)))
        case ast.Try():
            # the call before `assert False` has to raise what is caught
            inside = (*node.body, *node.orelse)
            return any(map(_raises_assertion, inside)) or any(
                _asserts(inner) for inner in inside if isinstance(inner, ast.Assert)
            )
    return False


def _called(function: ast.expr) -> str:
    match function:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


def _expects_an_error(item: ast.withitem) -> bool:
    call = item.context_expr
    if not isinstance(call, ast.Call):
        return False
    return _called(call.func).startswith("assert") or _called(call.func) in _CONTEXTS


def _raises_assertion(node: ast.AST) -> bool:
    if not isinstance(node, ast.Raise) or node.exc is None:
        return False
    raised = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
    return _called(raised) == "AssertionError"


def _reachable(tree: ast.AST) -> Iterator[ast.AST]:
    """The statements that run, with those of functions and classes whose names are used where code runs."""
    waiting: list[Definition] = []
    names: set[str] = set()
    called: Sequence[ast.AST] = [tree]
    while called:
        fresh = [inner for definition in called for inner in _running(definition, waiting)]
        yield from fresh
        names |= {name for node in fresh for name in _names(node)}
        called = [definition for definition in waiting if _is_used(definition, names)]
        waiting = [definition for definition in waiting if definition not in called]


def _is_used(definition: Definition, names: set[str]) -> bool:
    if definition.name in names:
        return True
    is_test = definition.name.startswith("test") or isinstance(definition, ast.ClassDef)
    return is_test and bool(names & _RUNNERS)


def _names(node: ast.AST) -> Iterator[str]:
    for inner in _own(node):
        if isinstance(inner, ast.Name):
            yield inner.id
        elif isinstance(inner, ast.Attribute):
            yield inner.attr


def _own(node: ast.AST) -> Iterator[ast.AST]:
    """The expressions of a statement, without the statements in it."""
    yield node
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.stmt):
            yield from _own(child)


def _running(parent: ast.AST, waiting: list[Definition]) -> Iterator[ast.AST]:
    """The statements in ``parent`` that run with it; definitions wait until their names are used."""
    for statement in _statements(parent):
        if isinstance(statement, Definition):
            waiting.append(statement)
            continue
        yield statement
        yield from _running(statement, waiting)


def _statements(parent: ast.AST) -> Iterable[ast.AST]:
    blocks: Sequence[ast.AST] = [
        child for child in ast.iter_child_nodes(parent) if isinstance(child, ast.stmt | ast.ExceptHandler)
    ]
    if isinstance(parent, ast.If | ast.While) and isinstance(parent.test, ast.Constant):
        blocks = parent.body if parent.test.value else parent.orelse
    return blocks
