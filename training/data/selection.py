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
    is_distinct: Callable[[E], bool] = lambda _: True,
) -> Selection[E]:
    """The examples of ``usable`` rows that are short enough, parted by ``part`` where some are held out.

    ``left_out`` counts the other rows by reason. A row that the chat template refuses is one of them, and so
    is a pair whose sides are not ``is_distinct``. The first refusal is reported. Raises ModelFailed where too
    few rows are left, or where too many are too long, and Unrenderable where the template refuses too many.
    """
    made, refusals = examples_of(usable, example)
    short = list(filter(is_short, made))
    examples = list(filter(is_distinct, short))
    tolerate(run, refusals, len(usable))
    trained, held_out = part(examples) if part else (examples, [])
    counts = {
        "given": len(usable) + sum(left_out.values()),
        "trained": len(trained),
        **({"held_out": len(held_out)} if part else {}),
        "too_long": len(made) - len(short),
        **({"unrenderable": len(refusals)} if refusals else {}),
        **({"equal": len(short) - len(examples)} if len(short) > len(examples) else {}),
        **left_out,
    }
    require_rows(run, counts)
    return Selection(trained, held_out, counts)


def examples_of(rows: Sequence[R], example: Callable[[R], E]) -> tuple[list[E], list[Unrenderable]]:
    """The examples of the rows that the chat template renders, and its refusals of the others."""
    made, refusals = list[E](), list[Unrenderable]()
    for row in rows:
        try:
            made.append(example(row))
        except Unrenderable as refusal:
            refusals.append(refusal)
    return made, refusals


def tolerate(run: AnyRun, refusals: Sequence[Unrenderable], num_rows: int) -> None:
    """Report the first of the refusals; raise it where they are too large a share of the rows."""
    if len(refusals) > run.settings.max_lost_share * num_rows:
        raise refusals[0]
    if refusals:
        rows = "1 row cannot be" if len(refusals) == 1 else f"{len(refusals)} rows cannot be"
        run.report(f"{run.config.name}: {rows} rendered, the first since {refusals[0]}")
