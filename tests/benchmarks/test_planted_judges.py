"""What is planted in a judge is found in its certificate and on suites, in every way of asking."""

import pytest

from benchmarks.judges.planted import ON_SUITES, certified, on_suite
from benchmarks.sides.labels.planted_judges import PLANTED, WAYS

COUNT = 60


@pytest.mark.parametrize("name", ON_SUITES)
@pytest.mark.parametrize("way", WAYS)
def test_intervals_hold_what_was_planted(way: str, name: str) -> None:
    for truths, measured in (
        (ON_SUITES[name], on_suite(name, COUNT, WAYS[way])),
        (PLANTED[name], certified(name, COUNT, WAYS[way])),
    ):
        for figure, truth in truths.items():
            value, (low, high) = measured[figure]
            assert low - 1e-9 <= truth <= high + 1e-9, (figure, truth, value, low, high)
