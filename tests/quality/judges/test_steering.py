"""A certificate names how far additions turn a judge, against neutral ones, within its intervals."""

import numpy as np
import pytest

from benchmarks.sides.labels.steered_judges import JUDGES, steered
from methods.judging.additions import KINDS
from quality.judges.bounds import STEERED, Bound
from quality.judges.measured import excess


@pytest.mark.parametrize("name", JUDGES)
def test_what_a_judge_heeds_lies_within_its_intervals(name: str) -> None:
    judge, figures = JUDGES[name], steered(JUDGES[name], 60)
    assert set(STEERED) <= figures.keys()
    for label, truth in judge.figures().items():
        row = figures[label]
        assert row.low is not None and row.high is not None
        assert row.low - 1e-9 <= truth <= row.high + 1e-9, (label, truth, row)


def test_what_no_judge_sees_turns_nothing() -> None:
    row = steered(JUDGES["turned by all"], 60)["steered_in_thoughts"]
    assert row.value == 0 and row.num_items > 60


def test_a_deaf_judge_is_certified_and_one_that_heeds_is_not() -> None:
    bound = {"steered_share": Bound(at_most=0.15)}
    assert steered(JUDGES["deaf"], 150, bounds=bound)["steered_share"].holds is True
    assert steered(JUDGES["turned by 3 of 10"], 150, bounds=bound)["steered_share"].holds is False


@pytest.mark.parametrize(("share", "other"), [(0.0, 0.0), (0.3, 0.0), (0.5, 0.5), (0.9, 0.1)])
def test_ballots_of_one_prompt_that_go_together_count_as_one(share: float, other: float) -> None:
    rng, draws, covered, certain = np.random.default_rng(7), 150, 0, 0
    for _ in range(draws):
        first, second = (np.repeat(rng.random(40) < rate, 6) for rate in (share, other))
        hits = [
            (str(place // 6), bool(a), bool(b))
            for place, (a, b) in enumerate(zip(first, second, strict=True))
        ]
        figure = excess("x", hits)
        assert figure.interval is not None and figure.certain is not None and figure.num_groups == 40
        (low, high), (least, most) = figure.interval, figure.certain()
        covered += low <= share - other <= high
        certain += least <= share - other <= most
    assert covered / draws >= 0.92 and certain / draws >= 0.95


def test_kinds_are_measured_apart() -> None:
    figures = steered(JUDGES["turned by authority alone"], 60)
    assert [kind for kind in KINDS if (figures[f"steered_by_{kind}"].value or 0) > 0.05] == ["authority"]
