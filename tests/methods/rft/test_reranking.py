"""The choice among answers: by scores, by votes, by both, and what no choice can exceed."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets_registry.errors import BadInput
from methods.rft.reranking import (
    best_of,
    majority,
    pass_at_k,
    pass_at_n,
    solution_score,
    weighted_majority,
)

STEPS = [0.9, 0.5, 0.8]


@pytest.mark.parametrize(
    ("aggregate", "score"), [("min", 0.5), ("product", 0.36), ("mean", 2.2 / 3), ("last", 0.8)]
)
def test_steps_make_one_score(aggregate: str, score: float) -> None:
    assert solution_score(STEPS, aggregate) == pytest.approx(score)  # type: ignore[arg-type]


def test_no_steps_and_unknown_aggregates_are_refused() -> None:
    with pytest.raises(BadInput, match="a solution without steps has no score"):
        solution_score([], "min")
    with pytest.raises(BadInput, match="unknown aggregate 'max'"):
        solution_score(STEPS, "max")  # type: ignore[arg-type]


def test_the_best_is_the_first_of_the_highest_and_what_has_no_score_is_never_it() -> None:
    assert best_of([0.1, 0.7, 0.7, None]) == 1
    assert best_of([None, -3.0]) == 1
    assert best_of([None, None]) is None and best_of([]) is None


def test_the_majority_breaks_ties_by_the_first_draw() -> None:
    assert majority(["24", "25", "25", None]) == "25"
    assert majority(["24", "25", "25", "24"]) == "24"
    assert majority([None]) is None


def test_scores_weigh_votes() -> None:
    answers = ["24", "25", "25", None]
    assert weighted_majority(answers, [0.9, 0.3, 0.3, 5.0]) == "24"
    assert weighted_majority(answers, [0.6, 0.3, 0.3, 0.0]) == "24"
    assert weighted_majority(answers, [None, 0.3, 0.3, 0.0]) == "25"
    with pytest.raises(BadInput, match="4 answers have 1 scores"):
        weighted_majority(answers, [1.0])


def test_one_right_draw_passes() -> None:
    assert pass_at_n([False, True]) and not pass_at_n([False]) and not pass_at_n([])


@given(st.lists(st.booleans(), min_size=1, max_size=8), st.data())
def test_pass_at_k_is_the_share_of_draws_of_k_with_a_right_one(
    accepted: list[bool], data: st.DataObject
) -> None:
    k = data.draw(st.integers(1, len(accepted)))
    draws = list(combinations(accepted, k))
    share = sum(map(any, draws)) / len(draws)
    assert pass_at_k(len(accepted), sum(accepted), k) == pytest.approx(share)


@pytest.mark.parametrize(("draws", "right", "k"), [(4, 5, 1), (4, 2, 5), (4, 2, 0), (4, -1, 1)])
def test_pass_at_k_needs_as_many_draws(draws: int, right: int, k: int) -> None:
    with pytest.raises(BadInput, match="give at least k draws"):
        pass_at_k(draws, right, k)
