"""Weighted shares with intervals, and the doubly robust form: labels of all pairs, reviews of some."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from datasets_registry.intervals import student_quantile, wilson_interval

Interval = tuple[float, float]


@dataclass(frozen=True)
class Share:
    """A share with its 95 % interval, over so many pairs."""

    value: float
    low: float
    high: float
    num_items: int


def weighted_share(values: Sequence[float], weights: Sequence[float]) -> Share | None:
    """The share of ``values`` from 0 to 1 in the whole from which they were drawn; None without any.

    Weights are the inverse of inclusion probabilities (Hájek 1971). The interval is the score interval of as
    many equal weights as vary as much (Kish 1965); equal weights have Wilson's own.
    """
    if not values:
        return None
    total = math.fsum(weights)
    mean = math.fsum(weight * value for weight, value in zip(weights, values, strict=True)) / total
    effective = total**2 / math.fsum(weight * weight for weight in weights)
    low, high = wilson_interval(mean * effective, effective)
    return Share(mean, low, high, len(values))


@dataclass(frozen=True)
class Reviewed:
    """What people say of a pair, what the labels had predicted of it, and its weight."""

    people: float
    predicted: float
    weight: float


def doubly_robust(predicted: Sequence[float], reviewed: Sequence[Reviewed]) -> Share | None:
    """The share that people would give all pairs, from predictions of all and reviews of some.

    It is the mean prediction, plus what people say more of the reviewed ones, weighted; the prediction counts
    as far as it explains what people say (Angelopoulos et al. 2023, PPI++). It holds whatever the prediction
    is worth. None with fewer than two reviews.
    """
    number = len(reviewed)
    if number < 2 or not predicted:
        return None
    scale = _scale(reviewed, len(predicted))
    total = math.fsum(pair.weight for pair in reviewed)
    rest = [pair.people - scale * pair.predicted for pair in reviewed]
    mean = math.fsum(pair.weight * value for pair, value in zip(reviewed, rest, strict=True)) / total
    everywhere = math.fsum(predicted) / len(predicted)
    squares = (pair.weight**2 * (value - mean) ** 2 for pair, value in zip(reviewed, rest, strict=True))
    variance = math.fsum(squares) / total**2 * number / (number - 1)
    variance += scale**2 * _variance(predicted, everywhere) / len(predicted)
    value = min(max(scale * everywhere + mean, 0.0), 1.0)
    low, high = _interval(value, variance, reviewed)
    return Share(value, low, high, number)


def _scale(reviewed: Sequence[Reviewed], whole: int) -> float:
    """How far the prediction is used: the slope of people's word on it, less where all pairs are few."""
    total = math.fsum(pair.weight for pair in reviewed)
    people = math.fsum(pair.weight * pair.people for pair in reviewed) / total
    predicted = math.fsum(pair.weight * pair.predicted for pair in reviewed) / total
    products = (pair.weight * (pair.people - people) * (pair.predicted - predicted) for pair in reviewed)
    squares = math.fsum(pair.weight * (pair.predicted - predicted) ** 2 for pair in reviewed)
    if squares <= 1e-12:
        return 0.0
    return min(max(math.fsum(products) / squares / (1 + len(reviewed) / whole), 0.0), 1.0)


def _variance(values: Sequence[float], mean: float) -> float:
    return math.fsum((value - mean) ** 2 for value in values) / max(len(values) - 1, 1)


def _interval(value: float, variance: float, reviewed: Sequence[Reviewed]) -> Interval:
    """The score interval of as many reviews as vary as much; at 0 and 1 of the reviews themselves."""
    spread = value * (1 - value)
    weights = [pair.weight for pair in reviewed]
    effective = math.fsum(weights) ** 2 / math.fsum(weight * weight for weight in weights)
    if spread > 0 and variance > 0:
        effective = spread / variance
    return wilson_interval(value * effective, effective, student_quantile(len(reviewed) - 1))
