"""Equality of two mathematical expressions by math-verify, with bounds of our own.

math-verify bounds its time by SIGALRM, which only works on a process's main thread. Here, expressions
that could be slow are refused before parsing (towers of powers, factorials, sums, long or deep text), and
a profile hook of the calling thread ends a comparison after ``MAX_CALLS`` calls and returns: unlike time,
a count gives the same verdict on a busy machine.
"""

import logging
import re
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import FrameType

MAX_LENGTH = 200
MAX_DEPTH = 8
MAX_EXPONENT = 100
MAX_DIGITS = 30
MAX_CALLS = 4_000_000
_COMMANDS = Path(__file__).with_name("latex_commands.txt")
_COMMAND = re.compile(r"\\([A-Za-z]+)")
_WORD = re.compile(r"[^\W\d_]{2,}")
_OPERATOR = re.compile(r"[0-9+*/^=_-]")
LONGEST_PRODUCT = 3
_POWER = re.compile(r"(?:\^|\*\*)\s*\{?\s*[-+(]*\s*([0-9]*)")
_POWERED_POWER = re.compile(
    r"(?:\^|\*\*)[^,=]*?(?:\^|\*\*)[^,=]*?(?:\^|\*\*)|(?:\^|\*\*)\s*[{(]+[^})]*(?:\^|\*\*|!)"
)
_CHAINED = re.compile(r"(?:\^|\*\*)\s*\{?[0-9A-Za-z.]+\}?\s*(?:\^|\*\*)")
_WARMING = (
    (r"x^2+2x+1", r"(x+1)^2"),
    (r"\sin(x)^2+\cos(x)^2", "1"),
    ("[1,2]", "[1,2)"),
    (r"\sqrt{2}", "1,2"),
)


_importing = threading.Lock()


class _TooLong(BaseException):
    """Ends a comparison; not an Exception, since sympy and math-verify catch those."""


def refusal(text: str) -> str | None:
    """Why an expression is not evaluated; None where it may be."""
    if len(text) > MAX_LENGTH:
        return f"an expression longer than {MAX_LENGTH} characters"
    if _depth(text) > MAX_DEPTH:
        return f"an expression nested deeper than {MAX_DEPTH}"
    unknown = sorted(set(_COMMAND.findall(text)) - commands())
    if unknown:
        return f"the command \\{unknown[0]}"
    if re.search(rf"[0-9]{{{MAX_DIGITS + 1},}}", text):
        return f"a number of more than {MAX_DIGITS} digits"
    if "!" in text:
        return "a factorial"
    if "'" in text or r"\prime" in text:
        return "a prime"
    return _large_power(text)


def _large_power(text: str) -> str | None:
    product = 1
    for exponent in _POWER.findall(text):
        product *= max(int(exponent or 1), 1)
    if product > MAX_EXPONENT or _POWERED_POWER.search(text) or _CHAINED.search(text):
        return f"powers of powers, or exponents whose product is above {MAX_EXPONENT}"
    return None


def _depth(text: str) -> int:
    depth = deepest = 0
    for letter in text:
        depth += (letter in "{([") - (letter in "})]")
        deepest = max(deepest, depth)
    return deepest


def symbolic_difference(answer: str, gold: str) -> str | None:
    """None where two expressions are equal; else a remark on how they were compared, which may be empty."""
    reason = refusal(answer) or refusal(gold)
    if reason is not None:
        return f"as text, and {reason} is not evaluated"
    if _is_prose(answer) or _is_prose(gold):
        return ""
    if _differ_in_case(answer, gold):
        return "(the case of a variable differs)"
    same = _math_verify()
    try:
        with _limited(MAX_CALLS):
            return None if same(answer, gold) else ""
    except (_TooLong, RecursionError, MemoryError):
        return f"as far as {MAX_CALLS:,} calls can tell"


def _is_prose(text: str) -> bool:
    """Whether letters spell words: "no" and "on" would be the same product of two variables."""
    bare = _COMMAND.sub(" ", text)
    words = _WORD.findall(bare)
    is_expression = _OPERATOR.search(bare) is not None
    return bool(words) and not (is_expression and max(map(len, words)) <= LONGEST_PRODUCT)


def _differ_in_case(answer: str, gold: str) -> bool:
    """Whether both have the same variables but for their case, which math-verify takes for one."""
    mine, theirs = (set(filter(str.isalpha, _COMMAND.sub(" ", text))) for text in (answer, gold))
    return mine != theirs and {*map(str.casefold, mine)} == {*map(str.casefold, theirs)}


@contextmanager
def _limited(calls: int) -> Iterator[None]:
    left = calls

    def count(frame: FrameType, event: str, argument: object) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise _TooLong

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        yield
    finally:
        sys.setprofile(before)


@cache
def _imported() -> tuple[Callable[..., list[object]], Callable[..., bool], list[object]]:
    """math-verify, imported at its first use because it takes a second."""
    from latex2sympy2_extended import NormalizationConfig
    from math_verify import LatexExtractionConfig, parse, verify

    for name in ("math_verify.parser", "math_verify.grader"):  # it warns that its own time limit is off
        logging.getLogger(name).setLevel(logging.ERROR)
    # units are read by our own list: letters behind a number are variables here
    normalized = NormalizationConfig(malformed_operators=True, nits=True)
    config: list[object] = [LatexExtractionConfig(normalization_config=normalized)]
    for pair in _WARMING:  # grammar and sympy's parts load at first use, which must not count as work
        parsed = [parse(f"${text}$", config, parsing_timeout=None) for text in pair]
        verify(*parsed, timeout_seconds=None)
    return parse, verify, config


def _math_verify() -> Callable[[str, str], bool]:
    with _importing:
        parse, verify, config = _imported()

    def same(answer: str, gold: str) -> bool:
        parsed = [
            parse(f"${text}$", config, fallback_mode="no_fallback", parsing_timeout=None)
            for text in (gold, answer)
        ]
        return all(parsed) and bool(verify(*parsed, timeout_seconds=None))

    return same


@cache
def commands() -> frozenset[str]:
    """LaTeX commands that may be evaluated, from ``latex_commands.txt``."""
    return frozenset(_COMMANDS.read_text(encoding="utf-8").split())
