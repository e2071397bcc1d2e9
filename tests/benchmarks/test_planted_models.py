"""What is planted in a model is found in its figures, and nothing else; what is not there is missed."""

import pytest

from benchmarks.evaluation import table
from benchmarks.evaluation.asked import items_of
from benchmarks.evaluation.matrix import MATRIX, MAY
from benchmarks.evaluation.plain import plain
from benchmarks.evaluation.planted import PLANTED
from benchmarks.evaluation.table import found
from methods.evaluation.suites.named import SUITES


@pytest.mark.parametrize(
    ("model", "suite"), [("abstains rightly", "calibration"), ("changes when observed", "observation")]
)
def test_a_planted_model_moves_what_the_matrix_says_and_nothing_else(model: str, suite: str) -> None:
    figures = list(found(items_of(suite), [model]))
    assert len(figures) > 3 and [figure for figure in figures if not figure.holds] == []


def test_a_model_without_what_was_planted_misses_every_figure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table, "PLANTED", {"abstains rightly": plain})
    *moved, beside = found(items_of("calibration"), ["abstains rightly"])
    assert moved and not any(figure.holds for figure in moved) and beside.holds


def test_the_matrix_speaks_of_every_planted_model_and_of_suites_that_there_are() -> None:
    assert MATRIX.keys() == PLANTED.keys() and MATRIX.keys() >= MAY.keys()
    named = {figure.suite for moves in MATRIX.values() for figure in moves}
    assert named - {"composite"} <= SUITES.keys()
