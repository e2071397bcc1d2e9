"""Equations that a solution states, the path they make, and those that are wrong (Yuan et al. 2023).

Calculator annotations such as ``<<48/2=24>>`` are the equations where there are any; else they are
found in the text, where both sides are numbers, operators and brackets. Words and units between
numbers end an equation. A chain is read literally: ``12+7=19+5=24`` says ``12+7=19+5``, which is
wrong, and ``19+5=24``, which is right.
"""

import re
from itertools import pairwise

from methods.verifiers.arithmetic import Unparsed, value

TOLERANCE = 1e-3
_ANNOTATION = re.compile(r"<<([^<>\n]{1,200})>>")
_TERM = r"[-($€£]{0,5}(?:[0-9][0-9,]{0,30}(?:\.[0-9]{1,30})?|\.[0-9]{1,30})%?\){0,4}"
_SIDE = rf"{_TERM}(?:[ \t]{{0,3}}(?:\*\*|[-+*/^×÷−·x])[ \t]{{0,3}}{_TERM}){{0,30}}"
_STATED = re.compile(rf"(?<![\w.$€£]){_SIDE}(?:[ \t]{{0,3}}=[ \t]{{0,3}}{_SIDE}){{1,10}}")
_OPERATOR = re.compile(r"[0-9)%][-+*/^]")
_FRACTION = re.compile(r"\\[dt]?frac\{([0-9.]{1,30})\}\{([0-9.]{1,30})\}")
_SIGNS = str.maketrans({"×": "*", "·": "*", "x": "*", "÷": "/", "−": "-"} | dict.fromkeys(" \t$€£,"))
_COMMANDS = {r"\times": "*", r"\cdot": "*", r"\div": "/", r"\$": "", r"\%": "%"}


def equations(text: str) -> list[str]:
    """Every ``left=right`` in order, without spaces, currency and thousands separators."""
    if "<<" in text and (annotated := _ANNOTATION.findall(text)):
        return [pair for chain in annotated for pair in _pairs(_plain(chain)) if "=" in pair]
    if "\\" in text:
        text = _without_commands(text)
    chains = _STATED.findall(text)
    return [pair for chain in chains for pair in _pairs(_plain(chain)) if _OPERATOR.search(pair)]


def path(text: str) -> str:
    """The key of a reasoning path: its equations, joined by ``|``."""
    return "|".join(equations(text))


def wrong_equations(text: str) -> list[str]:
    """Equations whose sides differ by more than 0.001, or that cannot be evaluated.

    A division by zero, an unknown sign, or a power too large counts as wrong.
    """
    return [equation for equation in equations(text) if not _holds(equation)]


def _holds(equation: str) -> bool:
    left, _, right = equation.partition("=")
    try:
        return abs(value(left) - value(right)) <= TOLERANCE
    except Unparsed:
        return False


def _plain(chain: str) -> str:
    return chain.translate(_SIGNS)


def _pairs(chain: str) -> list[str]:
    if chain.count("=") == 1:
        return [chain]
    return [f"{left}={right}" for left, right in pairwise(chain.split("="))]


def _without_commands(text: str) -> str:
    text = _FRACTION.sub(r"(\1/\2)", text)
    for command, sign in _COMMANDS.items():
        text = text.replace(command, sign)
    return text
