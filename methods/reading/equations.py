r"""Equations that a solution states, the path they make, and those that are wrong (Yuan et al. 2023).

Calculator annotations such as ``<<48/2=24>>`` are the equations where there are any; else they are
found in the text, where both sides are numbers, operators and brackets. Words and units between
numbers end an equation. What may have been cut off (a term before an operator, a power, a remainder, a
percentage) is not read as an equation. A chain is read literally: ``12+7=19+5=24`` says ``12+7=19+5``,
which is wrong, and ``19+5=24``, which is right.
"""

import re
from itertools import pairwise

from methods.reading.arithmetic import Unparsed, value

TOLERANCE = 1e-3
_ANNOTATION = re.compile(r"<<([^<>\n]{1,200})>>")
_TERM = r"[-($€£]{0,5}(?:[0-9][0-9,]{0,30}(?:\.[0-9]{1,30})?|\.[0-9]{1,30})%?\){0,4}"
_SIDE = rf"{_TERM}(?:[ \t]{{0,3}}(?:\*\*|[-+*/^×÷−·]|x(?=[ \t]*[0-9($€£.]))[ \t]{{0,3}}{_TERM}){{0,30}}"
_STATED = re.compile(rf"(?<![\w.$€£^:(\[{{])\(?{_SIDE}(?:[ \t]{{0,3}}=[ \t]{{0,3}}{_SIDE}){{1,10}}")
_LEADING_ZERO = re.compile(r"(?<![0-9.])0[0-9]")
_OPERATOR = re.compile(r"[0-9)%][-+*/^]")
_CUT_BEFORE = re.compile(r"[-+*/^×÷−·x±√][ \t]*$|[0-9][ \t]+$")
_CUT_BEHIND = re.compile(
    r"[ \t]*(?:[*/^×÷·±\\(]|[-+−][ \t]*[0-9A-Za-z(\\])|[A-Za-z_]"
    r"|[ \t]+(?:remainder|rem\b|[rR][ \t]*[0-9]|mod\b|dozens?\b|hundred|thousand|million|billion"
    r"|[0-9]+/[0-9]|[0-9]{3}\b)"
)
_FRACTION = re.compile(r"\\[dtc]?frac\{([0-9.]{1,30})\}\{([0-9.]{1,30})\}")
_MIXED = re.compile(r"(?<![\w./,])([0-9]{1,9})[ ]([0-9]{1,9})/([0-9]{1,9})(?![\w./])")
_COEFFICIENT = re.compile(r"(?<=[0-9)])\((?=[-0-9(])")
_DIVIDED = re.compile(r"([0-9.]+)/([0-9.]+/[0-9.]+)")
_DECIMALS = re.compile(r"-?[0-9]*\.([0-9]{2,30})")
_POWER = re.compile(r"\^\{([0-9]{1,9})\}")
_SIGNS = str.maketrans({"×": "*", "·": "*", "x": "*", "÷": "/", "−": "-"} | dict.fromkeys(" \t$€£,"))
_COMMANDS = {
    r"\times": "*",
    r"\cdot": "*",
    r"\div": "/",
    r"\$": "$",
    r"\%": "%",
    r"\left": "",
    r"\right": "",
    "{,}": ",",
    r"\,": "",
    r"\(": " ",
    r"\)": " ",
    r"\[": " ",
    r"\]": " ",
}


def equations(text: str) -> list[str]:
    """Every ``left=right`` in order, without spaces, currency and thousands separators."""
    if "<<" in text and (annotated := _ANNOTATION.findall(text)):
        return [pair for chain in annotated for pair in _pairs(_plain(chain)) if "=" in pair]
    text = _written_out(text)
    return [
        pair
        for chain in _STATED.finditer(text)
        for pair in _surely_read(text, chain)
        if _OPERATOR.search(pair)
    ]


def _surely_read(text: str, chain: re.Match[str]) -> list[str]:
    """The equations of a chain, without those of which an end may have been cut off."""
    pairs = _pairs(_balanced(_plain(chain[0])))
    if _CUT_BEHIND.match(text[chain.end() : chain.end() + 40]):
        pairs = pairs[:-1]
    if _CUT_BEFORE.search(text[max(0, chain.start() - 8) : chain.start()]):
        pairs = pairs[1:]
    return [pair for pair in pairs if _is_whole(pair)]


def _is_whole(pair: str) -> bool:
    """Whether the brackets of each side close, and no number has a leading zero, as times of day have."""
    return not _LEADING_ZERO.search(pair) and all(
        side.count("(") == side.count(")") for side in pair.split("=")
    )


def _balanced(chain: str) -> str:
    """The chain without a bracket that opens before its first side and closes behind its last."""
    if chain.startswith("(") and chain.endswith(")") and chain.count("(") == chain.count(")"):
        left, _, rest = chain.partition("=")
        if left.count("(") > left.count(")") and rest.count(")") > rest.count("("):
            return chain[1:-1]
    if chain.count(")") == chain.count("(") + 1 and chain.endswith(")"):
        return chain[:-1]
    if chain.count("(") == chain.count(")") + 1 and chain.startswith("("):
        return chain[1:]
    return chain


def path(text: str) -> str:
    """The key of a reasoning path: its equations, joined by ``|``."""
    return "|".join(equations(text))


def wrong_equations(text: str) -> list[str]:
    """Equations whose sides differ by more than 0.001 and by more than rounding, or cannot be evaluated.

    A division by zero, an unknown sign, or a power too large counts as wrong. One with a percentage never
    does: ``2 / 5 * 100 = 40%`` is right as people mean it.
    """
    return [equation for equation in equations(text) if "%" not in equation and not _holds(equation)]


def _holds(equation: str) -> bool:
    """Whether the sides agree by any reading: ``25/1/3`` may divide by a third, 2.50 dollars be 250 cents."""
    left, _, right = equation.partition("=")
    readings = [(left, right), (_DIVIDED.sub(r"\1/(\2)", left), _DIVIDED.sub(r"\1/(\2)", right))]
    return any(_agree(*sides) for sides in readings)


def _agree(left: str, right: str) -> bool:
    try:
        first, second = value(left), value(right)
    except Unparsed:
        return False
    tolerance = max(TOLERANCE, _rounding(right), _rounding(left))
    in_cents = "." in left + right and abs(second) > 0 and abs(first / second) in (100.0, 0.01)
    return abs(first - second) <= tolerance or in_cents


def _rounding(side: str) -> float:
    """Half a unit of the last of at least two decimals, where the side is one number; else nothing."""
    decimals = _DECIMALS.fullmatch(side)
    return 0.5001 * 10.0 ** -len(decimals[1]) if decimals else 0.0


def _plain(chain: str) -> str:
    return chain.translate(_SIGNS)


def _pairs(chain: str) -> list[str]:
    if chain.count("=") == 1:
        return [chain]
    return [f"{left}={right}" for left, right in pairwise(chain.split("="))]


def _written_out(text: str) -> str:
    """The text with LaTeX, mixed numbers and coefficients written as arithmetic."""
    if "\\" in text:
        text = _FRACTION.sub(r"(\1/\2)", text)
        for command, sign in _COMMANDS.items():
            text = text.replace(command, sign)
        text = _POWER.sub(r"^\1", text)
    text = _MIXED.sub(r"(\1+\2/\3)", text)
    return _COEFFICIENT.sub("*(", text)
