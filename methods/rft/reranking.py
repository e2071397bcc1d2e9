"""Choosing among several answers to one problem: by score, by vote, or by both; and pass@k."""

from collections.abc import Mapping, Sequence
from math import comb, prod
from typing import Literal

from datasets_registry.errors import BadInput

Aggregate = Literal["min", "product", "mean", "last"]


def solution_score(steps: Sequence[float], aggregate: Aggregate) -> float:
    """One score of a solution from its steps' probabilities of being right.

    Lightman et al. (2023, appendix F) take the product and report the least as near to it, Wang et al.
    (2023, section 3.4) the least; the mean and the last step's are in use besides. Raises BadInput for
    no steps and for an aggregate that is none of these.
    """
    if not steps:
        raise BadInput("a solution without steps has no score: leave it out, or score it by its outcome")
    if aggregate == "min":
        return min(steps)
    if aggregate == "product":
        return prod(steps)
    if aggregate == "mean":
        return sum(steps) / len(steps)
    if aggregate == "last":
        return steps[-1]
    raise BadInput(f"unknown aggregate {aggregate!r}: there are min, product, mean and last")


def best_of(scores: Sequence[float | None]) -> int | None:
    """The place of the highest score, of equal ones the first drawn; None where nothing has a score."""
    scored = [place for place, score in enumerate(scores) if score is not None]
    return max(scored, key=lambda place: (scores[place], -place), default=None)


def majority(answers: Sequence[str | None]) -> str | None:
    """The most frequent answer (Wang et al. 2022, self-consistency); of equal ones the first drawn.

    A draw without an answer (None) has no vote; None where none has one.
    """
    return weighted_majority(answers, [1.0] * len(answers))


def weighted_majority(answers: Sequence[str | None], scores: Sequence[float | None]) -> str | None:
    """The answer whose draws' scores have the highest sum (Wang et al. 2023, section 3.4).

    Of equal sums the answer drawn first. Scores should not be negative, or many draws would count
    against an answer; a draw without a score or an answer has no vote. Raises BadInput where the
    numbers of answers and scores differ.
    """
    if len(answers) != len(scores):
        raise BadInput(f"{len(answers)} answers have {len(scores)} scores: give each answer one")
    sums: dict[str, float] = {}
    for answer, score in zip(answers, scores, strict=True):
        if answer is not None and score is not None:
            sums[answer] = sums.get(answer, 0.0) + score
    return _first_highest(sums)


def _first_highest(sums: Mapping[str, float]) -> str | None:
    # a mapping keeps the order of first draws, and `max` takes the first of equal ones
    return max(sums, key=lambda answer: sums[answer], default=None)


def pass_at_n(accepted: Sequence[bool]) -> bool:
    """Whether any of the draws is right: what no choice among them can exceed."""
    return any(accepted)


def pass_at_k(num_draws: int, num_right: int, k: int) -> float:
    """The probability that one of ``k`` draws is right, without bias from ``num_draws`` of which
    ``num_right`` are (Chen et al. 2021, section 2.1): 1 - C(n - c, k) / C(n, k).

    Raises BadInput unless 0 <= num_right <= num_draws and 1 <= k <= num_draws.
    """
    if not (0 <= num_right <= num_draws and 1 <= k <= num_draws):
        raise BadInput(
            f"pass@{k} of {num_draws} draws with {num_right} right: give at least k draws, and no more "
            "right ones than draws"
        )
    return 1.0 - comb(num_draws - num_right, k) / comb(num_draws, k)
