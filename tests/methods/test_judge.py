"""Judges in both orders: ties, failures and planted biases come out as what they are."""

from collections.abc import Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets_registry.schemas import CompletionPair, EvaluationAnswer, PreferencePair
from generation.request import Completion, Request, SamplingParams
from generation.scripted import ScriptedBackend, chosen
from methods.constitution import Constitution, Principle
from methods.held_out import EvaluationSettings, compare
from methods.judge import (
    JudgeSettings,
    Verdict,
    combine,
    judge_pairs,
    judge_request,
    label_pairs,
    read_verdict,
)
from tests.rows import make

CONSTITUTION = Constitution(
    name="test",
    principles=tuple(
        Principle(
            id=name, critique_request="c", revision_request="r", preference_question=f"Which is {name}?"
        )
        for name in ("kind", "true", "safe")
    ),
)
PAIRS = [
    make(CompletionPair, f"p{number}", completion_a="x" * number, completion_b="y" * (9 - number))
    for number in range(1, 9)
]
PLAIN, CALIBRATED = JudgeSettings(), JudgeSettings(calibration="identical")
Judge = Callable[[str, str], float]


def shown(request: Request) -> tuple[str, str]:
    """The two responses that a judge call shows."""
    _, first, second, _ = request.messages[0].content.split("\n\n")
    return first.removeprefix("Response A: "), second.removeprefix("Response B: ")


def labels(judge: Judge, settings: JudgeSettings = PLAIN) -> list[PreferencePair]:
    """The labels that a judge gives, by its P(first)."""

    def script(request: Request) -> Completion:
        p = judge(*shown(request))
        return chosen(p * 0.9, (1 - p) * 0.9)

    return label_pairs(PAIRS, judge_pairs(PAIRS, CONSTITUTION, completing(script), "m", settings))


def completing(
    script: Callable[[Request], Completion],
) -> Callable[[str, Sequence[Request]], list[Completion]]:
    """A completer over a script."""

    def complete(stage: str, requests: Sequence[Request]) -> list[Completion]:
        found = dict(ScriptedBackend(script).complete(requests))
        return [found[place] for place in range(len(requests))]

    return complete


@pytest.mark.parametrize(
    ("settings", "reason"), [(PLAIN, "the orders disagree"), (CALIBRATED, "too close to call")]
)
def test_a_judge_that_always_prefers_the_first_yields_only_ties(settings: JudgeSettings, reason: str) -> None:
    found = labels(lambda first, second: 0.8, settings)
    assert {one.label for one in found} == {"tie"}
    assert all(one.chosen is None and one.failure == reason for one in found)


def test_a_judge_that_prefers_the_longer_labels_the_longer() -> None:
    for one in labels(lambda first, second: 0.9 if len(first) > len(second) else 0.1):
        assert one.chosen is not None and one.rejected is not None
        assert len(one.chosen) > len(one.rejected)
        assert one.p_a == pytest.approx(0.9 if one.label == "a" else 0.1)


def test_calibration_finds_the_content_below_a_strong_liking_for_a_position() -> None:
    def judge(first: str, second: str) -> float:
        return 0.8 + 0.01 * (len(first) - len(second))

    assert {one.label for one in labels(judge)} == {"tie"}
    calibrated = labels(judge, CALIBRATED)
    assert all(one.label in ("a", "b") for one in calibrated)
    assert all(len(one.chosen or "") > len(one.rejected or "") for one in calibrated)


def test_swapping_a_pair_flips_its_label() -> None:
    longer: Judge = lambda first, second: 0.9 if len(first) > len(second) else 0.1  # noqa: E731
    before = {one.pair_id: one.label for one in labels(longer)}
    swapped = [
        one.model_copy(update={"completion_a": one.completion_b, "completion_b": one.completion_a})
        for one in PAIRS
    ]
    complete = completing(lambda one: chosen(longer(*shown(one)), 1 - longer(*shown(one))))
    after = label_pairs(swapped, judge_pairs(swapped, CONSTITUTION, complete, "m", PLAIN))
    assert all({before[one.pair_id], one.label} == {"a", "b"} for one in after)


def test_an_unparsed_verdict_is_a_row_with_its_reason_and_no_label() -> None:
    judgements = judge_pairs(PAIRS, CONSTITUTION, completing(lambda _: chosen(0.1, 0.2)), "m", PLAIN)
    assert all(one.verdict is None and "70% of the probability" in str(one.failure) for one in judgements)
    for one in label_pairs(PAIRS, judgements):
        assert one.label == "unparsed" and one.chosen is None and one.p_a is None
        assert "lies outside the choices" in str(one.failure)


def test_a_failed_pair_is_not_judged_and_keeps_its_reason() -> None:
    broken = make(CompletionPair, "p1", failure="completion a: truncated")
    assert judge_pairs([broken], CONSTITUTION, completing(lambda _: chosen(1, 0)), "m", PLAIN) == []
    (label,) = label_pairs([broken], [])
    assert label.label == "unjudged" and label.failure == "completion a: truncated"


def test_a_failed_call_and_missing_probabilities_are_told_apart() -> None:
    error = read_verdict(Completion(finish_reason="error", error="window"), 0.5)
    missing = read_verdict(Completion(finish_reason="stop", text="A"), 0.5)
    assert (error.failure, missing.failure) == ("error: window", "no choice probabilities")


def test_verdicts_meet_their_pair_by_id_whatever_their_order() -> None:
    judge: Judge = lambda first, second: 0.9 if len(first) > len(second) else 0.1  # noqa: E731
    complete = completing(lambda one: chosen(judge(*shown(one)), 1 - judge(*shown(one))))
    judgements = judge_pairs(PAIRS, CONSTITUTION, complete, "m", PLAIN)
    assert label_pairs(PAIRS, judgements[::-1]) == label_pairs(PAIRS, judgements)


@given(st.floats(0, 1), st.floats(0, 1))
def test_a_label_needs_both_orders_and_soft_labels_are_probabilities(ab: float, ba: float) -> None:
    first, second = (read_verdict(chosen(p, 1 - p), 0.5) for p in (ab, ba))
    found = combine({"ab": first, "ba": second})
    assert found.p_a is not None and 0 <= found.p_a <= 1
    if found.label == "a":
        assert ab > 0.5 > ba
    if found.label == "b":
        assert ba > 0.5 > ab
    assert combine({"ab": first, "ba": Verdict(failure="x")}).label == "unparsed"


def test_the_same_comparison_is_the_same_call() -> None:
    assert judge_request("p", "a", "b", "q") == judge_request("p", "a", "b", "q")
    assert judge_request("p", "a", "b", "q").messages[-1].content == "Response"


def test_equal_answers_need_no_judge_and_count_as_half_a_win() -> None:
    settings = EvaluationSettings(
        answers=SamplingParams(), principles={"helpful": "kind", "red_team": "safe"}, judge=PLAIN
    )
    base = [
        make(EvaluationAnswer, "p1", model="base_policy"),
        make(EvaluationAnswer, "p2", model="base_policy"),
    ]
    answers = [make(EvaluationAnswer, "p1"), make(EvaluationAnswer, "p2", completion="a longer answer")]
    judged: list[Request] = []

    def script(request: Request) -> Completion:
        judged.append(request)
        return chosen(0.9, 0.1) if len(shown(request)[0]) > len(shown(request)[1]) else chosen(0.1, 0.9)

    same, longer = compare(answers, base, CONSTITUTION, completing(script), settings)
    assert (same.verdict, longer.verdict) == ("same", "win") and len(judged) == 2
    assert longer.p_win == pytest.approx(0.9)
