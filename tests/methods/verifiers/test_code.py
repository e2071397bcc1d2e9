"""Programs are found in their last fence, and their tests may use what programs usually offer."""

import pytest

from datasets_registry.errors import BadInput
from methods.sandbox.run import Limits
from methods.verifiers.code import code, extract
from methods.verifiers.contract import Verification

VERIFY = code(Limits(seconds=10, memory_mb=256))
ADD = "def add(a, b):\n    return a + b\n"
GOLD = "assert add(1, 2) == 3"


@pytest.mark.parametrize(
    ("completion", "program"),
    [
        (f"```python\n{ADD}```", ADD),
        (f"Here it is:\n\n```py\n{ADD}```\nDone.", ADD),
        (f"```\nold\n```\n```python\n{ADD}```", ADD),
        (f"```python\n{ADD}```\n```bash\nls\n```", ADD),
        (f"~~~\n{ADD}~~~", ADD),
        (ADD, ADD),
    ],
)
def test_the_program_is_the_last_fence_of_python_or_all_of_it(completion: str, program: str) -> None:
    assert extract(completion) == program


@pytest.mark.parametrize(
    ("completion", "reason"),
    [
        ("", "no program"),
        (f"```python\n{ADD}", "a fenced block does not end"),
        ("```bash\nls\n```", "no fenced block of Python"),
        ("x" * 100_001, "longer than 100,000 characters"),
    ],
)
def test_no_program_is_a_reason(completion: str, reason: str) -> None:
    assert VERIFY(completion, GOLD) == Verification(False, None, reason)


def test_prose_is_no_program() -> None:
    verdict = VERIFY("Add them with a plus sign.", GOLD)
    assert not verdict.accepted and "SyntaxError" in str(verdict.reason)


@pytest.mark.parametrize("gold", ["", "print('fine')", "add(1, 2) == 3", "assert ("])
def test_tests_that_cannot_fail_are_refused(gold: str) -> None:
    with pytest.raises(BadInput, match="write assert statements"):
        VERIFY(ADD, gold)


PROGRAM = """
import math
from collections import Counter, namedtuple
LIMIT = 10
Point = namedtuple("Point", "x y")
def add(a, b): return a + b
def turn(rows): rows.reverse(); rows[0][0] = 9
def twice(function, value): return function(function(value))
def count(n): yield from range(n)
def letters(word): return Counter(word)
def fail(): raise KeyError("missing")
def huge(): return 2**9000, -2**60, float("inf"), b"\\x00", {1, 2}, 1j, None, True, "\\ud800é"
def origin(): return Point(0, 0)
class Stack:
    def __init__(self, *given): self.held = list(given)
    def push(self, one): self.held.append(one); return self
    def pop(self): return self.held.pop()
    def __len__(self): return len(self.held)
    def __eq__(self, other): return self.held == other.held
    def __repr__(self): return f"Stack{self.held}"
    def __getitem__(self, place): return self.held[place]
"""


@pytest.mark.parametrize(
    "gold",
    [
        "rows = [[1], [2]]\nturn(rows)\nassert rows == [[9], [1]]",
        "assert twice(lambda one: one * 3, 2) == 18",
        "assert list(count(3)) == [0, 1, 2] and next(count(1)) == 0",
        "assert letters('aab') == {'a': 2, 'b': 1}",
        "try:\n    fail()\nexcept KeyError:\n    pass\nelse:\n    assert False",
        "assert huge() == (2**9000, -2**60, float('inf'), b'\\0', {1, 2}, 1j, None, True, '\\ud800é')",
        "assert origin() == (0, 0) and LIMIT == 10",
        "s = Stack(1).push(2)\nassert len(s) == 2 and s.pop() == 2 and s[0] == 1 and s.held == [1]",
        "assert Stack(1) == Stack(1) and Stack(1) != Stack(2) and repr(Stack(1)) == 'Stack[1]'",
        "assert isinstance(Stack(), Stack) and not isinstance(1, Stack)",
        "assert math.isclose(add(0.1, 0.2), 0.3)",
        "def check(candidate):\n    assert candidate(2, 2) == 4\ncheck(add)",
        "import itertools\nassert all(add(a, b) == a + b for a, b in itertools.product(range(9), repeat=2))",
    ],
)
def test_tests_use_programs_as_if_they_were_at_hand(gold: str) -> None:
    assert VERIFY(PROGRAM, gold) == Verification(True, PROGRAM, None)


def test_builtins_of_the_tests_are_their_own() -> None:
    liar = "def sum(_): return 3\nabs = all = len = lambda *_: 0\ndef add(a, b): return 7"
    assert VERIFY(liar, "assert abs(add(1, 2) - 3) < 1").reason == "`assert abs(add(1, 2) - 3) < 1` fails"


def test_a_module_of_the_program_is_not_believed() -> None:
    liar = "class math:\n    def isclose(*_): return True\ndef add(a, b): return 7"
    gold = "import math\nassert math.isclose(add(1, 2), 3)"
    assert not VERIFY(liar, gold).accepted
    posing = "import sys\nmath = type(sys)('math')\nmath.isclose = lambda *_: True\ndef add(a, b): return 7"
    assert not VERIFY(posing, "assert math.isclose(add(1, 2), 3)").accepted


TEST_CASE = """
import unittest
class T(unittest.TestCase):
    def test_f(self):
        self.assertEqual(f(1), 2)
"""
INDENTED = "1. Here it is:\n   ```python\n   def f(x):\n       return x + 1\n   ```"
OUTPUT = "```python\ndef f(x):\n    return x + 1\n```\nIt prints:\n```\n2\n```"
USE = "```python\ndef f(x):\n    return x + 1\n```\nUse it so:\n```python\nprint(f(1))\n```"


@pytest.mark.parametrize("completion", [INDENTED, OUTPUT, USE])
def test_fences_are_read_as_people_mean_them(completion: str) -> None:
    assert VERIFY(completion, "assert f(1) == 2").accepted


@pytest.mark.parametrize(
    "tests",
    [
        "def check(f):\n    assert f(1) == 2",
        "if False:\n    assert f(1) == 2",
        "assert (f(1) == 2, 'f')",
        "assert True",
        TEST_CASE,
        "f(1)",
        "def check(f):\n    check(f)\n    assert f(1) == 2",
        "while 0:\n    assert f(1) == 2",
    ],
)
def test_tests_that_run_no_assertion_are_refused(tests: str) -> None:
    with pytest.raises(BadInput, match="assert nothing that runs"):
        VERIFY("def f(x):\n    return None", tests)


@pytest.mark.parametrize(
    "tests",
    [
        "def check(g):\n    assert g(1) == 2\ncheck(f)",
        "for value in [1]:\n    assert f(value) == value + 1",
        "if f(1) != 2:\n    raise AssertionError('f')",
        "try:\n    f('a')\n    assert False\nexcept TypeError:\n    pass",
        f"{TEST_CASE}\nT('test_f').debug()",
        "if __name__ == '__main__':\n    assert f(1) == 2",
    ],
)
def test_tests_that_do_accept_what_is_right_alone(tests: str) -> None:
    assert VERIFY("def f(x):\n    return x + 1", tests).accepted
    assert not VERIFY("def f(x):\n    return 7", tests).accepted


def test_no_assertion_that_ran_is_no_acceptance() -> None:
    verdict = VERIFY("def f(x):\n    return []", "for value in f(1):\n    assert value == 2")
    assert (verdict.accepted, verdict.reason) == (False, "no assertion of the tests ran")


@pytest.mark.parametrize(
    ("program", "tests"),
    [
        (
            "from fractions import Fraction",
            "from fractions import Fraction\nassert f(Fraction(1, 2)) == Fraction(1, 2)",
        ),
        ("", "assert f(range(3)) == range(3)"),
        ("", "from decimal import Decimal\nassert f(Decimal('1.50')) == Decimal('1.5')"),
        (
            "",
            "from datetime import *\nassert f(timedelta(1)) == timedelta(1) and f(date(2026, 1, 2)).day == 2",
        ),
        ("", "from datetime import datetime\nassert f(datetime(2026, 1, 2, 3)) == datetime(2026, 1, 2, 3)"),
        ("", "assert f({1: 2}.keys()) == {1} and list(f({1: 2}.values())) == [2]"),
        ("", "assert f({1: [2]}.items()) == {1: [2]}.items()"),
        ("", "from collections import deque\nassert f(deque([1, 2])) == deque([1, 2])"),
    ],
)
def test_values_of_the_standard_library_compare(program: str, tests: str) -> None:
    assert VERIFY(f"{program}\ndef f(x):\n    return x", tests).accepted
    assert not VERIFY(f"{program}\ndef f(x):\n    return None", tests).accepted


@pytest.mark.parametrize(
    "completion",
    [
        "class math:\n    isclose = staticmethod(lambda *a, **k: True)\ndef f(x):\n    return 0",
        "class math:\n    def isclose(*a):\n        return True\nmath = math()\ndef f(x):\n    return 0",
    ],
)
def test_what_compares_never_comes_from_the_completion(completion: str) -> None:
    verdict = VERIFY(completion, "assert math.isclose(f(1), 1.0)")
    assert not verdict.accepted and "without an import" in str(verdict.reason)
    spoofed = VERIFY(
        "def isclose(*a):\n    return True\ndef f(x):\n    return 0", "assert isclose(f(1), 1.0)"
    )
    assert not spoofed.accepted


def test_a_standard_module_that_the_tests_forgot_is_imported() -> None:
    assert VERIFY("def f(x):\n    return 1.0", "assert math.isclose(f(1), 1.0)").accepted
    assert VERIFY("def copy(x):\n    return [*x]", "assert copy([1]) == [1]").accepted
