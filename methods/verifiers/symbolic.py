"""Whether two mathematical expressions are equal: math-verify, within bounds of our own.

math-verify bounds its time by SIGALRM, which only works on a process's main thread. Here, what could
be slow is refused before it is parsed (towers of powers, factorials, sums, long or deep text), and a
profile hook of the calling thread ends what takes more than ``MAX_CALLS`` calls and returns:
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
from typing import Any

MAX_LENGTH = 200
MAX_DEPTH = 8
MAX_EXPONENT = 100
MAX_DIGITS = 30
MAX_CALLS = 4_000_000
_COMMANDS = Path(__file__).with_name("latex_commands.txt")
_COMMAND = re.compile(r"\\([A-Za-z]+)")
_PROSE = re.compile(r"[^\W\d_]{2,}")
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


class _TooLong(BaseException):
    """Ends a comparison; no Exception, since sympy and math-verify catch those."""


def refusal(text: str) -> str | None:
    """Why an expression is not worked out; None where it may be."""
    if len(text) > MAX_LENGTH:
        return f"an expression longer than {MAX_LENGTH} characters"
    if _depth(text) > MAX_DEPTH:
        return f"an expression nested deeper than {MAX_DEPTH}"
    unknown = sorted(set(_COMMAND.findall(text)) - commands())
    if unknown:
        return f"\\{unknown[0]}, which is compared as text only"
    if re.search(rf"[0-9]{{{MAX_DIGITS + 1},}}", text):
        return f"a number of more than {MAX_DIGITS} digits"
    if "!" in text:
        return "a factorial"
    return _large_power(text)


def _large_power(text: str) -> str | None:
    exponents = [int(one or 1) for one in _POWER.findall(text)]
    product = 1
    for one in exponents:
        product *= max(one, 1)
    if product > MAX_EXPONENT or _POWERED_POWER.search(text) or _CHAINED.search(text):
        return f"powers of powers, or exponents whose product is above {MAX_EXPONENT}"
    return None


def _depth(text: str) -> int:
    depth = deepest = 0
    for one in text:
        depth += (one in "{([") - (one in "})]")
        deepest = max(deepest, depth)
    return deepest


def differing_symbols(answer: str, gold: str) -> str | None:
    """None where two expressions are equal; else a remark why they were not compared, or nothing."""
    reason = refusal(answer) or refusal(gold)
    if reason is not None:
        return f"as text, and {reason}, is not worked out"
    prose = _COMMAND.sub(" ", f"{answer} {gold}")
    if _PROSE.search(prose):  # "no" and "on" would be the same product of two variables
        return ""
    same = _math_verify()
    try:
        with _limited(MAX_CALLS):
            return None if same(answer, gold) else ""
    except (_TooLong, RecursionError, MemoryError):
        return f"as far as {MAX_CALLS:,} calls tell"


@contextmanager
def _limited(calls: int) -> Iterator[None]:
    left = calls

    def look(frame: FrameType, event: str, argument: Any) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise _TooLong

    before = sys.getprofile()
    sys.setprofile(look)
    try:
        yield
    finally:
        sys.setprofile(before)


_importing = threading.Lock()


@cache
def _imported() -> tuple[Callable[..., Any], Callable[..., bool], Any]:
    """math-verify, imported at its first use because it takes a second."""
    from math_verify import LatexExtractionConfig, parse, verify

    for name in ("math_verify.parser", "math_verify.grader"):  # it warns that its own time limit is off
        logging.getLogger(name).setLevel(logging.ERROR)
    config = [LatexExtractionConfig()]
    for warm in _WARMING:  # grammar and sympy's parts load at first use, which must not count as work
        read = [parse(f"${one}$", config, parsing_timeout=None) for one in warm]
        verify(*read, timeout_seconds=None)
    return parse, verify, config


def _math_verify() -> Callable[[str, str], bool]:
    with _importing:
        parse, verify, config = _imported()

    def same(answer: str, gold: str) -> bool:
        read = [
            parse(f"${one}$", config, fallback_mode="no_fallback", parsing_timeout=None)
            for one in (gold, answer)
        ]
        return all(read) and bool(verify(*read, timeout_seconds=None))

    return same


@cache
def commands() -> frozenset[str]:
    """LaTeX commands that may be worked out, from ``latex_commands.txt``."""
    return frozenset(_COMMANDS.read_text(encoding="utf-8").split())
