r"""Inequalities of one variable as the intervals that they describe: ``-2 < x \le 3`` is ``(-2,3]``."""

import re

from methods.verifiers.maths.structure import Group, Scalar, Value

_SIGN = re.compile(r"\s*(<=|>=|<|>|\\(?:leqslant|geqslant|leq|geq|le|ge|lt|gt)(?![A-Za-z]))\s*")
_BELOW = {"<": False, r"\lt": False, "<=": True, r"\le": True, r"\leq": True, r"\leqslant": True}
_ABOVE = {">": False, r"\gt": False, ">=": True, r"\ge": True, r"\geq": True, r"\geqslant": True}
_VARIABLE = re.compile(r"\\?[A-Za-z]+")


def as_interval(value: Value) -> str | None:
    """The interval of an inequality, or the union of those of several that ``or`` or a comma parts."""
    parts = value.parts if isinstance(value, Group) and not value.brackets else (value,)
    intervals = [_interval(part.text) if isinstance(part, Scalar) else None for part in parts]
    found = [interval for interval in intervals if interval is not None]
    return r" \cup ".join(found) if len(found) == len(parts) else None


def _interval(text: str) -> str | None:
    parts = _SIGN.split(text.strip())
    if len(parts) == 3:
        return _half_line(*parts)
    if len(parts) != 5:
        return None
    low, first, variable, second, high = parts
    if first in _ABOVE and second in _ABOVE:
        low, first, second, high = high, _turned(second), _turned(first), low
    if first not in _BELOW or second not in _BELOW or not _is_free(variable, low + high):
        return None
    return f"{'[' if _BELOW[first] else '('}{low},{high}{']' if _BELOW[second] else ')'}"


def _half_line(left: str, sign: str, right: str) -> str | None:
    if not _VARIABLE.fullmatch(left):
        left, sign, right = right, _turned(sign), left
    if not _is_free(left, right):
        return None
    if sign in _BELOW:
        return rf"(-\infty,{right}{']' if _BELOW[sign] else ')'}"
    return rf"{'[' if _ABOVE[sign] else '('}{right},\infty)"


def _turned(sign: str) -> str:
    """The sign as read from the other side."""
    is_closed = (_BELOW | _ABOVE)[sign]
    return (">=" if is_closed else ">") if sign in _BELOW else ("<=" if is_closed else "<")


def _is_free(variable: str, bounds: str) -> bool:
    """Whether it is one variable, and the bounds do not depend on it."""
    return bool(_VARIABLE.fullmatch(variable)) and not re.search(
        rf"{re.escape(variable)}(?![A-Za-z])", bounds
    )
