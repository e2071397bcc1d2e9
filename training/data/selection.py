"""Rows to examples: which are learned, which are held out, and how many are left out for which reason."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from generation.chat import Unrenderable
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

    ``left_out`` counts the other rows by reason. A row that the chat template refuses is one of them. Raises
    ModelFailed where too few rows are left, or where too many are too long, and Unrenderable where the
    template refuses too many.
    """
    examples, num_long, refusals = list[E](), 0, list[Unrenderable]()
    for row in usable:
        try:
            made = example(row)
            if is_short(made):
                examples.append(made)
            else:
                num_long += 1
        except Unrenderable as refusal:
            refusals.append(refusal)
    if len(refusals) > run.settings.max_lost_share * len(usable):
        raise refusals[0]
    trained, held_out = part(examples) if part else (examples, [])
    counts = {
        "given": len(usable) + sum(left_out.values()),
        "trained": len(trained),
        **({"held_out": len(held_out)} if part else {}),
        "too_long": num_long,
        **({"unrenderable": len(refusals)} if refusals else {}),
        **left_out,
    }
    require_rows(run, counts)
    return Selection(trained, held_out, counts)
