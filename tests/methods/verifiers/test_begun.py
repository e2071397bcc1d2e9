"""A program that its prompt begins is accepted as a whole and as the rest of it, and in no other reading."""

from pathlib import Path

import pytest

from datasets_registry.rows.imported import Problem
from methods.problems.gold_verdicts import gold_verdicts
from methods.sandbox.run import Limits
from methods.verifiers.begun import beginning, whole_program
from methods.verifiers.code import code
from methods.verifiers.contract import Verification
from tests.datasets_registry.samples import HUMANEVAL, imported, write_lines

PROMPT = '''from typing import List

LIMIT = 3


def first(numbers: List[int], num: int = LIMIT) -> List[int]:
    """The first `num` positive numbers.

    >>> first([1, -1, 2])
    [1, 2]
    """
'''
TESTS = f"""PROMPT = {PROMPT!r}

def check(candidate):
    assert candidate([1, -1, 2]) == [1, 2]
    assert candidate([5, 6], 1) == [5]

check(first)
"""
VERIFY = code(Limits(seconds=10, memory_mb=256))
BODY = "    kept = [one for one in numbers if one > 0]\n    return kept[:num]\n"
WHOLE = PROMPT + BODY
DEDENTED = "kept = [one for one in numbers if one > 0]\nreturn kept[:num]\n"
ALONE = f"def first(numbers: List[int], num: int = LIMIT) -> List[int]:\n{BODY}"


@pytest.mark.parametrize(
    "completion",
    [
        BODY,
        f"\n{BODY}",
        BODY.removeprefix("    "),
        DEDENTED,
        BODY.replace("    ", "  "),
        f"{BODY}\n\nprint(first([1]))\n",
        WHOLE,
        ALONE,
        f"from __future__ import annotations\nLIMIT = 3\n{ALONE}",
        "first = lambda numbers, num=LIMIT: [one for one in numbers if one > 0][:num]",
        f"```python\n{BODY}```",
        f"```python\n{DEDENTED}```",
        f"It filters:\n\n```python\n{ALONE}```\nDone.",
        f"1. Filter:\n   ```python\n{ALONE}   ```\n",
    ],
)
def test_the_rest_and_the_whole_of_a_program_are_accepted(completion: str) -> None:
    verdict = VERIFY(completion, TESTS)
    assert verdict.accepted, verdict.reason


@pytest.mark.parametrize(
    ("completion", "reason"),
    [
        ("    pass\n", "`assert candidate([1, -1, 2]) == [1, 2]` fails"),
        ("    return None\n", "`assert candidate([1, -1, 2]) == [1, 2]` fails"),
        (f"{PROMPT}    pass\n", "`assert candidate([1, -1, 2]) == [1, 2]` fails"),
        ("def second(numbers):\n    return numbers\n", "`assert candidate([1, -1, 2]) == [1, 2]` fails"),
        ("I would filter the numbers.", "the completion does not run: SyntaxError"),
        ('return """a\n    b"""', "reads as two different bodies of first"),
    ],
)
def test_what_returns_nothing_or_reads_in_two_ways_is_rejected(completion: str, reason: str) -> None:
    verdict = VERIFY(completion, TESTS)
    assert not verdict.accepted and str(verdict.reason).startswith(reason)


def test_the_program_that_ran_is_what_was_extracted() -> None:
    assert VERIFY(BODY, TESTS).extracted == WHOLE


def test_an_indent_is_the_prompts_own() -> None:
    begun = beginning("PROMPT = \"def two():\\n  '''Two.'''\\n\"\nassert two() == 2")
    assert begun and whole_program("return 2", begun) == "def two():\n  '''Two.'''\n  return 2"
    bare = beginning('PROMPT = "def two():"\nassert two() == 2')
    assert bare and whole_program("return 2", bare) == "def two():\n    return 2"


@pytest.mark.parametrize("first", ["", "PROMPT = 1", "PROMPT = 'Write a function.'", "PROMPT = 'x = 1'"])
def test_tests_that_begin_no_function_leave_the_completion_as_it_is(first: str) -> None:
    assert beginning(f"{first}\nassert one() == 1") is None
    assert VERIFY("def one(): return 1", f"{first}\nassert one() == 1") == Verification(
        True, "def one(): return 1", None
    )


def problems(folder: Path) -> list[Problem]:
    rows = imported(write_lines(folder / "programs.jsonl", HUMANEVAL)).rows
    return [row for row in rows if isinstance(row, Problem)]


def test_the_solution_of_an_imported_problem_is_accepted(tmp_path: Path) -> None:
    (verdict,) = gold_verdicts(problems(tmp_path), VERIFY, "code")
    assert verdict.accepted and verdict.extracted == HUMANEVAL["prompt"] + HUMANEVAL["canonical_solution"]


def test_what_the_prompt_defines_for_the_tests_never_comes_from_the_completion(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path)
    forged = "def half(x):\n    return 3\n\n\ndef whole(x):\n    return 6 if x == 3 else None\n"
    assert VERIFY(forged, problem.answer).accepted  # `half` of the tests is their own: 6 / 2 is 3
    assert not VERIFY(
        forged.replace("x == 3", "x == 4").replace("return 3", "return 4"), problem.answer
    ).accepted
