"""A verifier of programs: the last fenced block that is one runs against tests, which are the gold answer.

A completion without a fence is taken as a program as a whole. Blocks that say Python go before those that
say nothing, which may be output, and blocks that define something before examples of use. The tests are
Python: assert statements that call what the completion defines. Where they name the beginning that the
completion goes on from (``methods/verifiers/begun.py``), both make the program.
"""

import ast
import re
import textwrap
from collections.abc import Sequence
from functools import lru_cache

from datasets_registry.errors import BadInput
from methods.sandbox.assertions import can_fail
from methods.sandbox.run import Limits, failure
from methods.verifiers.begun import beginning, whole_program
from methods.verifiers.contract import Verification, Verify, rejected

MAX_LENGTH = 100_000
_FENCE = re.compile(r"^[ \t]*(```+|~~~+)[ \t]*([\w+-]*)[^\n`]*$", re.MULTILINE)
_DEFINES = re.compile(r"^(?:async[ \t]+def|def|class)\b|^\w+[ \t]*=", re.MULTILINE)
_PYTHON = {"python", "py", "python3"}


def code(limits: Limits | None = None) -> Verify:
    """A verifier that runs programs.

    It raises BadInput where the tests assert nothing, or where this machine cannot confine the code.
    """
    bounds = limits or Limits()

    def verify(completion: str, gold: str) -> Verification:
        require_assertions(gold)
        program, begun = extract(completion), beginning(gold)
        if begun and isinstance(program, str):
            program = whole_program(program, begun)
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
    blocks = [
        (opening[2].casefold(), textwrap.dedent(completion[opening.end() + 1 : closing.start()]))
        for opening, closing in zip(fences[::2], fences[1::2], strict=True)
    ]
    labelled = [block for label, block in blocks if label in _PYTHON]
    unlabelled = [block for label, block in blocks if not label]
    return _program(labelled) or _program(unlabelled) or rejected("no fenced block of Python")


def _program(blocks: Sequence[str]) -> str | None:
    """The last block that defines something, else the last one."""
    defining = [block for block in blocks if _DEFINES.search(block)]
    chosen = defining or blocks
    return chosen[-1] if chosen else None


@lru_cache(maxsize=1024)
def require_assertions(tests: str) -> None:
    """Raise BadInput for tests that cannot fail, since every program would pass them."""
    try:
        tree = ast.parse(tests)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise BadInput(
            f"the tests {tests[:60]!r} are not valid Python ({error}); write assert statements"
        ) from error
    if not can_fail(tree):
        raise BadInput(
            f"the tests {tests[:60]!r} assert nothing that runs and can fail: write assert statements that "
            "call the program, and call the functions that hold them"
        )
