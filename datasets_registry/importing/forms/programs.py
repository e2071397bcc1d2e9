"""Programs with tests as the gold answer: HumanEval (Chen et al. 2021) and MBPP (Austin et al. 2021)."""

import ast
import re
import warnings

from datasets_registry.importing.forms.values import text
from datasets_registry.importing.records import Columns, Value, Values
from datasets_registry.importing.rejection import Rejected

_COLUMNS = ("prompt", "canonical_solution", "entry_point", "test")


def is_humaneval(columns: Columns) -> bool:
    """Whether its four columns are there."""
    return all(name in columns for name in _COLUMNS)


def humaneval(columns: Columns) -> Values:
    """The prompt is the problem, the rest of the program its solution, the tests with their call the gold.

    Raises Rejected where the prompt begins no such function, or there are no such tests.
    """
    entry, test = text(columns, "entry_point"), text(columns, "test")
    text(columns, "prompt")
    prompt, solution = columns["prompt"], columns["canonical_solution"]
    given = _before(prompt, entry)
    if "check" not in _defined(_parsed(test, "test")):
        raise Rejected("test does not define check")
    # what the prompt defines and the tests use must not come from the completion
    used = [name for name in _defined(_parsed(given, "prompt")) if re.search(rf"\b{name}\b", test)]
    call = "" if re.search(r"^check\(", test, re.MULTILINE) else f"check({entry})"
    parts = (f"PROMPT = {prompt!r}", given.strip() if used else "", test, call)
    gold = "\n\n".join(filter(None, parts)) + "\n"
    written = isinstance(solution, str) and bool(solution.strip())
    return {"prompt": prompt, "answer": gold, "solution": solution if written else None}


def is_mbpp(columns: Columns) -> bool:
    """Whether there are a task, a program and a list of tests."""
    return all(name in columns for name in ("code", "test_list")) and (
        "text" in columns or "prompt" in columns
    )


def mbpp(columns: Columns) -> Values:
    """The task with its tests is the problem, as they alone name the function; all tests are the gold.

    Raises Rejected where there are no tests, or they are not Python.
    """
    task, tests = text(columns, "text" if "text" in columns else "prompt"), _lines(columns, "test_list")
    if not tests:
        raise Rejected("test_list is empty")
    before = _lines(columns, "test_imports")
    if columns.get("test_setup_code"):
        before.append(text(columns, "test_setup_code"))
    gold = "\n".join([*before, *tests, *_lines(columns, "challenge_test_list")]) + "\n"
    _parsed(gold, "test_list")
    prompt = f"{task}\n\nThe program must pass these tests:\n\n" + "\n".join(tests)
    return {"prompt": prompt, "answer": gold, "solution": text(columns, "code")}


def _lines(columns: Columns, name: str) -> list[str]:
    """The texts of a list, which may be absent."""
    lines: Value = columns.get(name) or []
    if not isinstance(lines, list) or any(not isinstance(line, str) for line in lines):
        raise Rejected(f"{name} is not a list of texts")
    return list(lines)


def _before(prompt: str, entry: str) -> str:
    """What the prompt has before the function that it leaves open, which must be ``entry``."""
    tree = _parsed(f"{prompt.rstrip()}\n    pass\n", "prompt")
    last = tree.body[-1]
    if not isinstance(last, ast.FunctionDef | ast.AsyncFunctionDef) or last.name != entry:
        raise Rejected(f"prompt does not end in the function {entry}")
    first = min(node.lineno for node in (last, *last.decorator_list))
    return "".join(prompt.splitlines(keepends=True)[: first - 1])


def _defined(tree: ast.Module) -> list[str]:
    kinds = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
    return [node.name for node in tree.body if isinstance(node, kinds)]


def _parsed(program: str, column: str) -> ast.Module:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(program)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise Rejected(f"{column} is not Python", f"{column} is not Python: {error}") from None
