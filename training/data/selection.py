"""Rows to examples: which are learned, which are held out, and how many are left out for which reason."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from training.running.run import AnyRun, require_rows

R = TypeVar("R")
E = TypeVar("E")


@dataclass(frozen=True)
class Selection(Generic[E]):
    """Examples to train on and to measure, and counts of the rows by what became of them."""

    trained: list[E]
    held_out: list[E]
    counts: dict[str, int]


def select(
    run: AnyRun,
    usable: Sequence[R],
    left_out: Mapping[str, int],
    example: Callable[[R], E],
    is_short: Callable[[E], bool],
    part: Callable[[list[E]], tuple[list[E], list[E]]] | None = None,
) -> Selection[E]:
    """The examples of ``usable`` rows that are short enough, parted by ``part`` where some are held out.

    ``left_out`` counts the other rows by reason. Raises ModelFailed where too few rows are left, or where too
    many are too long.
    """
    examples = [made for made in map(example, usable) if is_short(made)]
    trained, held_out = part(examples) if part else (examples, [])
    counts = {
        "given": len(usable) + sum(left_out.values()),
        "trained": len(trained),
        **({"held_out": len(held_out)} if part else {}),
        "too_long": len(usable) - len(examples),
        **left_out,
    }
    require_rows(run, counts)
    return Selection(trained, held_out, counts)
