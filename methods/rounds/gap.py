"""What feeding failures back does: rates of failures of fed prompts beside never-fed ones, and their gap.

Fed prompts are those that failed once, so that they are the harder ones: a gap below zero says that they were
learned by heart, and one above zero does not say that they were not.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pydantic import Field

from datasets_registry.intervals import unit_interval, unit_means
from datasets_registry.rows.rounds.failures import FeedbackFigure, Part, RedTeamFailure
from datasets_registry.rows.words import Kind
from datasets_registry.settings import Settings
from methods.method import Inputs, Method, Models
from methods.rounds.selection import KINDS


class GapSettings(Settings):
    """The round whose red-teaming is looked at."""

    round: int = Field(ge=1)


@dataclass(frozen=True)
class Rate:
    """A share of failures with its 95 % interval over prompt groups; None where nothing was graded."""

    value: float | None
    low: float | None
    high: float | None
    num_items: int
    num_missing: int


def make_gap(inputs: Inputs, models: Models, settings: GapSettings) -> list[FeedbackFigure]:
    """The figures of the round, of each kind."""
    failures = [failure for failure in inputs.rows(RedTeamFailure) if failure.round == settings.round]
    return [figure for kind in KINDS for figure in _figures(failures, kind, settings.round)]


def _figures(failures: Sequence[RedTeamFailure], kind: Kind, number: int) -> Iterator[FeedbackFigure]:
    fed, unfed = (_rate(failures, kind, part) for part in ("fed", "never_fed"))
    rates = {"fed_failure_rate": fed, "never_fed_failure_rate": unfed, "gap": difference(fed, unfed)}
    for figure, rate in rates.items():
        yield FeedbackFigure.model_validate({"round": number, "kind": kind, "figure": figure} | vars(rate))


def _rate(failures: Sequence[RedTeamFailure], kind: Kind, part: Part) -> Rate:
    of_part = [failure for failure in failures if failure.kind == kind and failure.part == part]
    graded = [
        (failure.split_group, float(failure.failed)) for failure in of_part if failure.failed is not None
    ]
    missing = len(of_part) - len(graded)
    if not graded:
        return Rate(None, None, None, 0, missing)
    means = unit_means(graded)
    low, high = unit_interval(means, len(graded))
    return Rate(math.fsum(means) / len(means), low, high, len(graded), missing)


def difference(left: Rate, right: Rate) -> Rate:
    """The rate ``left`` less ``right`` of other prompts, by the intervals of both (Newcombe 1998)."""
    items, missing = left.num_items + right.num_items, left.num_missing + right.num_missing
    if left.value is None or right.value is None:
        return Rate(None, None, None, items, missing)
    assert left.low is not None and left.high is not None
    assert right.low is not None and right.high is not None
    value = left.value - right.value
    below = math.hypot(left.value - left.low, right.high - right.value)
    above = math.hypot(left.high - left.value, right.value - right.low)
    return Rate(value, value - below, value + above, items, missing)


FEEDBACK_FIGURES = Method(make_gap, GapSettings, FeedbackFigure)
