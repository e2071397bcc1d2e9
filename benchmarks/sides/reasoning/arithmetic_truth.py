"""Where a written sum goes wrong, by arithmetic."""

import re
from collections.abc import Sequence


def first_wrong_line(lines: Sequence[str], gold: Sequence[str]) -> int:
    """The first of ``lines`` that differs from the only right one, from 1; 0 where all are right.

    Sums are written in one way (from left to right), so a line that departs from it is an error, and a
    solution that ends early is wrong at the line that is missing.
    """
    plain = [re.sub(r"\s", "", line) for line in lines]
    right = [re.sub(r"\s", "", line) for line in gold]
    for number, (line, expected) in enumerate(zip(plain, right, strict=False), start=1):
        if line != expected:
            return number
    return 0 if len(plain) == len(right) else min(len(plain), len(right)) + 1
