"""Direct scores are means of what the judge may answer; what cannot be read is a reason."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.sides.labels.judge_call import read_call
from datasets_registry.rows.rlaif import CompletionPair
from datasets_registry.rows.words import Kind, Signal
from generation.request import Completion, Message, Request
from generation.scripted import chosen, completing
from methods.judging.score import DIGITS, Scored, ScoreSettings, read_score, score_completions, score_requests
from methods.rlaif.scores import CompletionScoreSettings, score_pairs
from tests.rows import make

SETTINGS = ScoreSettings()
SCORED = Scored((Message(role="user", content="hi"),), "hello", "helpfulness")


def test_one_and_ten_are_told_apart_by_a_second_call() -> None:
    first = chosen(*(0.5 if digit == "1" else 0.0 for digit in DIGITS[:-1]), 0.5)
    score = read_score([first, chosen(0.8)], SETTINGS)
    assert score.probabilities == pytest.approx((0.1, 0, 0, 0, 0, 0, 0, 0, 0.5, 0.4))
    assert score.score == pytest.approx(0.1 + 4.5 + 4.0) and score.failure is None


@given(st.lists(st.floats(0, 1), min_size=9, max_size=9), st.floats(0, 1))
def test_scores_are_between_one_and_ten_and_rewards_between_minus_one_and_one(
    raw: list[float], ten: float
) -> None:
    total = sum(raw) or 1.0
    score = read_score([chosen(*(p / total for p in raw)), chosen(ten)], SETTINGS)
    if sum(raw) == 0:
        assert score.score is None and score.failure
    else:
        assert score.score is not None and score.reward is not None
        assert 1 - 1e-9 <= score.score <= 10 + 1e-9 and -1 - 1e-9 <= score.reward <= 1 + 1e-9
        assert sum(score.probabilities) == pytest.approx(1)


def test_a_judge_that_says_no_score_gives_a_reason() -> None:
    outside = read_score([chosen(*[0.01] * 9), chosen(0.5)], SETTINGS)
    assert outside.score is None and outside.failure == "91% of the probability lies outside the scores"
    error = read_score([Completion(finish_reason="error", error="window"), chosen(0.5)], SETTINGS)
    assert error.failure == "error: window"


def test_the_response_is_quoted_and_its_signal_asked_for() -> None:
    (first, second) = score_requests(SCORED, SETTINGS)
    assert read_call(first.messages[0].content).under("Response:") == ["hello"]
    assert "help that the user needs" in first.messages[0].content
    assert (first.messages[1].content, second.messages[1].content) == ("Score: ", "Score: 1")
    (alone,) = score_requests(SCORED, ScoreSettings(ten_is_one_token=True))
    assert alone.choices == (*DIGITS, "10")


def test_scores_keep_the_keys_of_their_calls() -> None:
    script = lambda request: chosen(*[0.1] * len(request.choices))  # noqa: E731
    (score,) = score_completions("s", [SCORED], completing(script), "m", SETTINGS)
    requests = score_requests(SCORED, SETTINGS)
    assert [score.score_key, score.ten_key] == [request.key("m") for request in requests]


def test_a_completion_of_several_pairs_is_scored_once_for_each_signal() -> None:
    seen: list[Request] = []

    def script(request: Request) -> Completion:
        seen.append(request)
        return chosen(*[0.1] * len(request.choices))

    pairs = [
        make(CompletionPair, "p1", key_a="one", key_b="two"),
        make(CompletionPair, "p1", pair_id="other", key_a="one", key_b="three", completion_b="three"),
        make(CompletionPair, "p2", failure="identical completions"),
    ]
    signals: dict[Kind, tuple[Signal, ...]] = {"helpful": ("helpfulness", "honesty")}
    rows = list(score_pairs(pairs, "j", completing(script), "m", CompletionScoreSettings(signals=signals)))
    assert [(row.completion_key, row.signal) for row in rows] == [
        (key, signal) for key in ("one", "two", "three") for signal in ("helpfulness", "honesty")
    ]
    assert len(seen) == 12
