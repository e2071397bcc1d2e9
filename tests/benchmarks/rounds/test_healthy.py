"""The simulation of healthy runs: the watch stops at most one in twenty, and a plain bound many."""

import pytest

from benchmarks.rounds.healthy import (
    MOST_STOPPED,
    NUM_ITEMS,
    RUNS,
    SPREADS,
    false_stops,
    first_stop,
    plainly_stopped,
    simulated,
)
from quality.rounds import bounds
from quality.rounds.settings import Watch


def test_of_a_hundred_healthy_runs_of_eight_rounds_at_most_five_are_stopped() -> None:
    stopped = [first_stop(seed, NUM_ITEMS) for seed in range(RUNS)]
    assert sum(number is not None for number in stopped) <= MOST_STOPPED * RUNS


def test_without_spending_over_rounds_more_are_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "spent", lambda chance, concern, number: None)
    stopped = [first_stop(seed, NUM_ITEMS) for seed in range(40)]
    assert sum(number is not None for number in stopped) > 2 * MOST_STOPPED * len(stopped)


def test_a_bound_on_the_point_alone_stops_many_healthy_runs() -> None:
    assert sum(plainly_stopped(seed, NUM_ITEMS) for seed in range(20)) > 10


def test_a_run_that_loses_three_points_a_round_is_stopped_early() -> None:
    stopped = [first_stop(seed, NUM_ITEMS, 0.03) for seed in range(10)]
    assert all(number is not None and number <= 4 for number in stopped)


def test_healthy_figures_lie_within_every_warning_of_their_own() -> None:
    """All but capability and refusals, which are drawn item by item."""
    drawn = {spread.figure for spread in SPREADS}
    rows = [row for seed in range(10) for row in simulated(seed, 1, 50, 0.0, Watch()) if row.figure in drawn]
    assert {row.outcome for row in rows} == {"ok"}


def test_the_quick_benchmark_keeps_its_goals() -> None:
    figures = list(false_stops(quick=True))
    assert all(figure.holds for figure in figures if figure.goal)
    assert sum(figure.goal is not None for figure in figures) == 2
