"""Written arithmetic: a chain of operations from left to right, a line per operation, and its truth."""

from collections.abc import Sequence
from dataclasses import dataclass

_APPLIED = {"+": lambda a, b: a + b, "-": lambda a, b: a - b, "*": lambda a, b: a * b}


@dataclass(frozen=True)
class Written:
    """The lines of a solution, the last of which gives the answer."""

    lines: tuple[str, ...]
    answer: str


def running(numbers: Sequence[int], operations: Sequence[str]) -> list[int]:
    """The results after each operation, one fewer than ``numbers``."""
    total, results = numbers[0], []
    for operation, number in zip(operations, numbers[1:], strict=True):
        total = _APPLIED[operation](total, number)
        results.append(total)
    return results


def written(numbers: Sequence[int], operations: Sequence[str], *, symbols: bool) -> Written:
    """The chain as lines such as ``12+7=19``, and ``A:19`` or ``Answer: 19`` at the end."""
    gap, marker = ("", "A:") if symbols else (" ", "Answer: ")
    results = running(numbers, operations)
    lines = [
        f"{before}{gap}{operation}{gap}{number}{gap}={gap}{after}"
        for before, operation, number, after in zip(
            (numbers[0], *results), operations, numbers[1:], results, strict=False
        )
    ]
    return Written((*lines, f"{marker}{results[-1]}"), str(results[-1]))
