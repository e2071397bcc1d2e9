"""A control of rejection sampling: as many finished samples, drawn without a look at their verdicts."""

from collections.abc import Iterator, Sequence
from heapq import nsmallest
from itertools import groupby
from operator import attrgetter

from datasets_registry.hashing import digest
from datasets_registry.rows.rft import Candidate, GoldSolution, RftControl, RftSelection
from methods.method import Inputs, Method, Models
from methods.rft.rates.kept import kept_candidates
from methods.rft.selections import SelectionSettings, distinct, select, selection


def make_controls(inputs: Inputs, models: Models, settings: SelectionSettings) -> Iterator[RftControl]:
    """The gold rows of the selections, and as many drawn samples as these have selected ones.

    What a policy that learns the selections does better than one that learns these comes from the selection.
    """
    gold = inputs.rows(GoldSolution) if settings.with_gold else []
    selected = list(select(kept_candidates(inputs), gold, settings))
    yield from map(_control, (row for row in selected if row.kind == "gold"))
    number = sum(row.kind != "gold" for row in selected)
    drawn = nsmallest(number, _finished(inputs, settings), key=lambda row: _chance(row, settings))
    yield from map(_control, sorted(drawn, key=attrgetter("problem_id", "rank")))


RFT_CONTROLS = Method(make_controls, SelectionSettings, RftControl)


def _finished(inputs: Inputs, settings: SelectionSettings) -> Iterator[RftSelection]:
    """Every finished sample that saw no hint, one of each path of a problem."""
    for _, group in groupby(kept_candidates(inputs), key=attrgetter("problem_id")):
        samples = [sample for sample in group if not sample.hinted]
        yield from _of_problem(samples, settings)


def _of_problem(samples: Sequence[Candidate], settings: SelectionSettings) -> Iterator[RftSelection]:
    by_key = {sample.completion_key: sample for sample in reversed(samples)}
    # without rewards, as of one path with several answers the accepted one would be taken
    unseen = [
        sample.model_copy(update={"reward": None})
        for sample in by_key.values()
        if sample.finish_reason == "stop" and sample.completion.strip()
    ]
    for rank, drawn in enumerate(distinct(unseen, settings), start=1):
        sample = by_key[drawn.completion_key]
        yield selection(sample, rank, num_draws=len(by_key), pass_rate=sample.pass_rate)


def _chance(row: RftSelection, settings: SelectionSettings) -> str:
    return digest(["control", settings.seed, row.completion_key])


def _control(row: RftSelection) -> RftControl:
    return RftControl.model_validate(dict(row))
