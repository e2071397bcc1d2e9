"""Which prompts or problems a round asks: a fresh slice of one order, or the same ones every round."""

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from typing import Literal, TypeVar

from pydantic import Field

from datasets_registry.errors import BadInput
from datasets_registry.hashing import digest
from datasets_registry.rows.imported import Problem
from datasets_registry.rows.prompts import Prompt
from datasets_registry.settings import Seed, Settings

P = TypeVar("P", Prompt, Problem)


class SliceSettings(Settings):
    """Which round asks, and whether it asks a fresh slice or what every round asks.

    Slices are successive takes of one order by hash: a further round moves nothing of the earlier ones, and
    a prompt that is added moves at most one prompt over each border between two slices.
    """

    round: int = Field(ge=1)
    prompts: Literal["slices", "same"] = "slices"
    seed: Seed = 0


def training_side(rows: Sequence[P], what: str) -> list[P]:
    """The rows that may be trained on.

    Raises BadInput where all are held out for evaluation, or one shares its group with one that is.
    """
    train = [row for row in rows if row.split == "train"]
    held_out = {row.split_group for row in rows if row.split != "train"}
    shared = next((row for row in train if row.split_group in held_out), None)
    if shared is not None:
        raise BadInput(
            f"{what}: group {shared.split_group} of {shared.prompt[:60]!r} is held out for evaluation too, "
            "and rounds never ask what evaluates them: give the whole group one split"
        )
    if rows and not train:
        raise BadInput(
            f"{what}: all {len(rows)} are held out for evaluation, and rounds never ask what evaluates them: "
            "name a set with training prompts"
        )
    return train


def slice_of(
    rows: Sequence[P], number: int | None, settings: SliceSettings, id_of: Callable[[P], str], what: str
) -> list[P]:
    """The round's ``number`` of ``rows``; None takes all, every round.

    Raises BadInput where the rounds up to this one need more than there are.
    """
    if number is None and settings.prompts == "slices":
        raise BadInput(
            f"{what}: fresh slices need a number of them a round: name it, or set prompts = 'same'"
        )
    order = in_order(rows, id_of, settings.seed)
    if number is None:
        return order
    start = (settings.round - 1) * number if settings.prompts == "slices" else 0
    if len(order) < start + number:
        raise BadInput(
            f"{what}: round {settings.round} needs {start + number} of them, {number} a round, and there are "
            f"{len(order)}: lower the number, ask fewer rounds, or add prompts"
        )
    return order[start : start + number]


def in_order(rows: Sequence[P], id_of: Callable[[P], str], *seed: object) -> list[P]:
    """``rows`` in an order by hash in which those of one group stand together."""
    return sorted(
        rows, key=lambda row: (digest([*seed, "group", row.split_group]), digest([*seed, id_of(row)]))
    )


def groups_of(rows: Sequence[P], number: int, *seed: object) -> Collection[str]:
    """The groups, first by hash, that hold at least ``number`` of ``rows``; all where there are fewer."""
    sizes = Counter(row.split_group for row in rows)
    groups, total = set[str](), 0
    for group in sorted(sizes, key=lambda group: digest([*seed, group])):
        if total >= number:
            break
        groups.add(group)
        total += sizes[group]
    return groups
