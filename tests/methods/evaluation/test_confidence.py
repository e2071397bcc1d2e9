"""Confidence against what is right, computed by hand."""

import pytest

from methods.evaluation.confidence import expected_calibration_error, risk_coverage_area


def test_the_error_is_the_distance_of_each_bin_weighed_by_its_answers() -> None:
    sure = [(0.95, True), (0.95, False)]
    unsure = [(0.25, False), (0.25, True)]
    assert expected_calibration_error(sure) == pytest.approx(0.45)
    assert expected_calibration_error([*sure, *unsure]) == pytest.approx((0.45 + 0.25) / 2)
    assert expected_calibration_error([(1.0, True), (0.0, False)]) == 0


def test_the_area_is_the_mean_risk_of_the_surest() -> None:
    assert risk_coverage_area([(0.9, True), (0.5, False)]) == pytest.approx((0 + 1 / 2) / 2)
    assert risk_coverage_area([(0.9, False), (0.5, True)]) == pytest.approx((1 + 1 / 2) / 2)


def test_answers_of_equal_confidence_have_no_order() -> None:
    tied = [(0.5, True), (0.5, False)]
    assert risk_coverage_area(tied) == risk_coverage_area(tied[::-1]) == pytest.approx(0.5)
