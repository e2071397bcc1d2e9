"""Figures of how alike values are: their draws have the spread that arithmetic says, and no bias."""

from collections.abc import Sequence

import numpy as np
import pytest

from methods.evaluation.measures import drawn, drawn_clusters, linearised

NUMBERS = [(f"item {place}", place) for place in range(40)]


def mean(numbers: Sequence[int]) -> float:
    return sum(numbers) / len(numbers)


def test_a_mean_is_moved_by_each_draw_exactly_as_drawing_again_moves_it() -> None:
    draws = drawn_clusters((name for name, _ in NUMBERS), 200)
    again = drawn("mean", "neither", NUMBERS, mean).statistic(draws)
    assert linearised("mean", "neither", NUMBERS, mean).statistic(draws) == pytest.approx(again)


def test_repeats_do_not_bias_how_many_values_are_distinct() -> None:
    draws = drawn_clusters((name for name, _ in NUMBERS), 500)
    moved = linearised("distinct", "neither", NUMBERS, lambda numbers: len(set(numbers))).statistic(draws)
    again = drawn("distinct", "neither", NUMBERS, lambda numbers: len(set(numbers))).statistic(draws)
    assert moved == pytest.approx(40) and again[1:].max() < 35


def test_nothing_is_nothing() -> None:
    measure = linearised("mean", "neither", NUMBERS[:0], mean)
    assert measure.note == "nothing to measure" and np.isnan(measure.statistic(drawn_clusters((), 3))).all()
