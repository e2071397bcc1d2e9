"""Selections of rejection sampling over rounds, in one pool (as Llama 2 pools its samples)."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from operator import attrgetter

from pydantic import Field

from datasets_registry.rows.rft import RftSelection
from datasets_registry.rows.rounds.pooled import PooledSelection
from methods.method import Inputs, Method, Models
from methods.rft.selections import KeptSettings, distinct


class PoolSettings(KeptSettings):
    """How many rounds there are so far, and which of all their selections are kept of each problem.

    What a round's own selections left out is not looked at again.
    """

    rounds: int = Field(ge=1)


def role_of(number: int) -> str:
    """The role of the selections of round ``number``, such as ``round_01``."""
    return f"round_{number:02}"


def make_pool(inputs: Inputs, models: Models, settings: PoolSettings) -> list[PooledSelection]:
    """The selections of rounds 1 to ``rounds``, each of its own role."""
    numbers = range(1, settings.rounds + 1)
    return pooled({number: inputs.rows(RftSelection, role_of(number)) for number in numbers}, settings)


def pooled(by_round: Mapping[int, Sequence[RftSelection]], settings: PoolSettings) -> list[PooledSelection]:
    """The kept completions, problem by problem, ranked anew.

    A completion that several rounds selected counts once, as of the first of them, and a problem's gold
    solution too. Hinted samples count only where no other is selected in any round.
    """
    every = [
        PooledSelection.model_validate(dict(selection) | {"round": number if selection.rank else 0})
        for number in sorted(by_round)
        for selection in by_round[number]
    ]
    every.sort(key=attrgetter("problem_id", "round"))
    return [
        row
        for _, selections in groupby(every, key=attrgetter("problem_id"))
        for row in _of_problem(list(selections), settings)
    ]


def _of_problem(selections: Sequence[PooledSelection], settings: PoolSettings) -> Iterable[PooledSelection]:
    gold = [selection for selection in selections if selection.kind == "gold"]
    if settings.with_gold:
        yield from gold[:1]
    once: dict[str, PooledSelection] = {}
    for selection in _usable(selections, settings):
        once.setdefault(selection.completion.strip(), selection)
    kept = distinct(list(once.values()), settings)[: settings.top_k]
    for rank, selection in enumerate(kept, start=1):
        yield selection.model_copy(update={"rank": rank})


def _usable(selections: Sequence[PooledSelection], settings: PoolSettings) -> Sequence[PooledSelection]:
    enough = [
        selection
        for selection in selections
        if selection.kind != "gold"
        and (settings.min_reward is None or (selection.reward or 0.0) >= settings.min_reward)
    ]
    unaided = [selection for selection in enough if selection.kind == "sampled"]
    return unaided or [selection for selection in enough if settings.with_rationalised]


POOLED_SELECTIONS = Method(make_pool, PoolSettings, PooledSelection)
