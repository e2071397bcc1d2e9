"""Programs that a prompt begins, as in HumanEval: the whole of it out of beginning and completion.

Tests whose first line is ``PROMPT = "…"`` name the beginning, which ends in a function's head and docstring.
A completion that defines that function is a whole program, and runs behind what the beginning has before it.
Any other is read as the function's body, indented or not, where that is Python in one way only.
"""

import ast
import textwrap
import warnings
from dataclasses import dataclass
from functools import lru_cache

from methods.verifiers.contract import Verification, rejected

_FUNCTION = ast.FunctionDef | ast.AsyncFunctionDef
_BODY = "    "


@dataclass(frozen=True, slots=True)
class Beginning:
    """The beginning of a program: its open function, what stands before it, and its body's indent."""

    text: str
    function: str
    before: str
    indent: str


@lru_cache(maxsize=1024)
def beginning(tests: str) -> Beginning | None:
    """The beginning that tests name in their first line; None where they name none."""
    tree = _compiled(tests)
    match tree.body[:1] if tree else []:
        case [ast.Assign(targets=[ast.Name(id="PROMPT")], value=ast.Constant(value=str(text)))]:
            return _open_function(text.rstrip() + "\n")
    return None


def _open_function(text: str) -> Beginning | None:
    tree = _compiled(text) or _compiled(f"{text}{_BODY}pass")
    last = tree.body[-1] if tree and tree.body else None
    if not isinstance(last, _FUNCTION):
        return None
    lines = text.splitlines(keepends=True)
    first = min(node.lineno for node in (last, *last.decorator_list))
    inner = last.body[0]
    has_body = inner.lineno <= len(lines) and inner.lineno > last.lineno
    indent = lines[inner.lineno - 1][: inner.col_offset] if has_body else _BODY
    return Beginning(text, last.name, "".join(lines[: first - 1]), indent)


def whole_program(completion: str, begun: Beginning) -> str | Verification:
    """The program that a completion makes of its beginning; what makes none is left as it is.

    A body that is Python in two ways which differ is rejected.
    """
    alone = textwrap.dedent(completion)
    if begun.function in _defined(alone):
        joined = f"{begun.before}\n{alone}"
        return joined if _compiled(joined) else alone
    readings = {ast.dump(tree): text for text in _bodies(completion, begun) if (tree := _compiled(text))}
    if len(readings) > 1:
        return rejected(f"reads as two different bodies of {begun.function}")
    return next(iter(readings.values()), completion)


def _bodies(completion: str, begun: Beginning) -> list[str]:
    """What may be meant: the text as it is; all of it indented; its first line, which lost its indent."""
    body = completion.lstrip("\n")
    shifted = begun.text + textwrap.indent(textwrap.dedent(body), begun.indent)
    if not body[:1].isspace():
        return [shifted, f"{begun.text}{begun.indent}{body}"]
    literal = begun.text + body
    return [literal] if _compiled(literal) else [shifted]


def _defined(program: str) -> set[str]:
    """The functions and variables that a program defines at its top level."""
    tree, names = _compiled(program), set[str]()
    for node in tree.body if tree else ():
        if isinstance(node, _FUNCTION | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign):
            names |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    return names


def _compiled(program: str) -> ast.Module | None:
    """The syntax tree of what can run as it is; None for anything else, such as a bare `return`."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(program, "<program>", "exec", dont_inherit=True)
            return ast.parse(program)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
