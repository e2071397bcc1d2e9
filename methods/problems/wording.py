"""How problems of our own families ask for sums, the larger of two, and the largest of numbers."""

from collections.abc import Sequence


def sum_question(terms: Sequence[object], *, symbols: bool) -> str:
    """``12+7=?`` in the lab policy's characters, else ``What is 12 + 7?``."""
    written = list(map(str, terms))
    return f"{'+'.join(written)}=?" if symbols else f"What is {' + '.join(written)}?"


def largest_question(numbers: Sequence[object], *, symbols: bool) -> str:
    """``12:7?`` in the lab policy's characters, else ``What is the largest of 12, 7?``."""
    written = list(map(str, numbers))
    return f"{':'.join(written)}?" if symbols else f"What is the largest of {', '.join(written)}?"


def comparison_question(left: Sequence[object], right: Sequence[object]) -> str:
    """Two sums, of one number each where that is all of a side."""
    sides = (" + ".join(map(str, side)) for side in (left, right))
    return f"Which is larger, {' or '.join(sides)}? Give the larger value."
