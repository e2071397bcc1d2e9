"""A verifier of programs: the last fenced block of Python runs against tests, which are the gold answer.

A completion without a fence is taken as a program as a whole. The tests are Python: assert statements that
call what the completion defines.
"""

import ast
import re
from functools import lru_cache

from datasets_registry.errors import BadInput
from methods.sandbox.run import Limits, failure
from methods.verifiers.contract import Verification, Verify, rejected

MAX_LENGTH = 100_000
_FENCE = re.compile(r"^[ \t]*(```+|~~~+)[ \t]*([\w+-]*)[^\n`]*$", re.MULTILINE)
_PYTHON = {"", "python", "py", "python3"}


def code(limits: Limits | None = None) -> Verify:
    """A verifier that runs programs.

    It raises BadInput where the tests assert nothing, or where this machine cannot confine the code.
    """
    bounds = limits or Limits()

    def verify(completion: str, gold: str) -> Verification:
        require_assertions(gold)
        program = extract(completion)
        if isinstance(program, Verification):
            return program
        reason = failure(program, gold, bounds)
        return Verification(reason is None, program, reason)

    return verify


def extract(completion: str) -> str | Verification:
    """The program of a completion, or the verification that says why there is none."""
    if len(completion) > MAX_LENGTH:
        return rejected(f"longer than {MAX_LENGTH:,} characters")
    fences = list(_FENCE.finditer(completion))
    if not fences:
        return completion if completion.strip() else rejected("no program")
    if len(fences) % 2:
        return rejected("a fenced block does not end")
    for opening, closing in reversed(list(zip(fences[::2], fences[1::2], strict=True))):
        if opening[2].casefold() in _PYTHON:
            return completion[opening.end() + 1 : closing.start()]
    return rejected("no fenced block of Python")


@lru_cache(maxsize=1024)
def require_assertions(tests: str) -> None:
    """Raise BadInput for tests that cannot fail, since every program would pass them."""
    try:
        tree = ast.parse(tests)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise BadInput(
            f"the tests {tests[:60]!r} are not valid Python ({error}); write assert statements"
        ) from error
    if not any(isinstance(node, ast.Assert) for node in ast.walk(tree)):
        raise BadInput(
            f"the tests {tests[:60]!r} assert nothing; write assert statements that call the program"
        )
