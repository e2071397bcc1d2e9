"""What is planted in a model is found in its figures, and nothing else; what is not there is missed."""

from itertools import combinations
from pathlib import Path
from statistics import fmean

import pytest

from benchmarks.evaluation import table
from benchmarks.evaluation.arithmetic import confidence, expected
from benchmarks.evaluation.asked import items_of
from benchmarks.evaluation.matrix import MATRIX, MAY
from benchmarks.evaluation.plain import REFUSAL, plain
from benchmarks.evaluation.planted import PLANTED
from benchmarks.evaluation.rewards import GAMING, HELD_OUT, HONEST, PROXY, reward_models
from benchmarks.evaluation.table import found
from generation.request import Message
from generation.scoring.outcomes import Answered, OutcomeScorer
from methods.evaluation.suites.named import SUITES


@pytest.mark.parametrize(
    ("model", "suite"),
    [
        ("abstains rightly", "calibration"),
        ("sure where it is right", "calibration"),
        ("sure where it is wrong", "calibration"),
        ("changes when observed", "observation"),
        ("games the reward at the top", "over_optimisation"),
    ],
)
def test_a_planted_model_moves_what_the_matrix_says_and_nothing_else(model: str, suite: str) -> None:
    figures = list(found(items_of(suite), [model]))
    assert len(figures) > 2 and [figure for figure in figures if not figure.holds] == []


@pytest.mark.parametrize("model", ["abstains rightly", "sure where it is right", "sure where it is wrong"])
def test_a_model_without_what_was_planted_misses_every_figure(
    monkeypatch: pytest.MonkeyPatch, model: str
) -> None:
    monkeypatch.setattr(table, "PLANTED", {model: plain})
    *moved, beside = found(items_of("calibration"), [model])
    assert moved and not any(figure.holds for figure in moved) and beside.holds


def test_best_of_n_is_the_mean_over_all_choices_of_n() -> None:
    rewards = [3.0, 0.0, 1.0, 5.0, 2.0, 4.0]
    for n in (1, 2, 4):
        # of places in the order of the proxy, the greatest is chosen
        best = [rewards[max(places)] for places in combinations(range(len(rewards)), n)]
        assert expected(rewards, n) == pytest.approx(fmean(best))


def test_confidence_is_reckoned_answer_by_answer() -> None:
    # two sure and right, one sure and wrong, then one unsure and wrong: risks of 1/3 each, then 2/4
    figures = confidence((1.0, 2, 1), (0.25, 0, 1))
    assert figures["calibration_error"] == pytest.approx((1 + 0.25) / 4)
    assert figures["risk_coverage_area"] == pytest.approx((1 / 3 + 1 / 3 + 1 / 3 + 2 / 4) / 4)


def test_planted_rewards_are_those_that_a_real_reward_model_gives(tmp_path: Path) -> None:
    asked = (Message(role="user", content="Say a letter."),)
    texts = [*HONEST, *GAMING, REFUSAL]
    for model, table_of_rewards in zip(reward_models(tmp_path), (PROXY, HELD_OUT), strict=True):
        scores = OutcomeScorer(model.folder).scores([Answered(asked, f"Here: {text}") for text in texts])
        assert scores == pytest.approx([table_of_rewards.get(text[-1], 0.0) for text in texts], abs=1e-4)


def test_the_matrix_speaks_of_every_planted_model_and_of_suites_that_there_are() -> None:
    assert MATRIX.keys() == PLANTED.keys() and MATRIX.keys() >= MAY.keys()
    named = {figure.suite for moves in MATRIX.values() for figure in moves}
    assert named - {"composite"} <= SUITES.keys()
