"""Judges in both orders: ties, failures and planted biases come out as what they are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.sides.labels.judge_call import read_call, shown
from datasets_registry.errors import BadInput
from datasets_registry.rows.imported import ChatMessage
from datasets_registry.rows.rlaif import CompletionPair, PreferencePair
from datasets_registry.rows.words import Kind, Signal
from generation.request import Completion, Request
from generation.scripted import chosen, completing
from methods.judging.comparison import Answer, ComparisonSettings
from methods.judging.constitution import Constitution
from methods.judging.preference import combine
from methods.judging.verdict import Verdict, read_verdict
from methods.rlaif.judgements import JudgedPrinciple, JudgementSettings, judge_pairs
from methods.rlaif.labels import LabelSettings, label_pairs
from tests.judging import Judge, judging
from tests.rows import make

SIGNALS: dict[str, Signal] = {
    "kind": "helpfulness",
    "clear": "helpfulness",
    "brief": "helpfulness",
    "true": "honesty",
    "safe": "harmlessness",
}
PRINCIPLES = {
    name: JudgedPrinciple(signal=signal, preference_question=f"Which is {name}?")
    for name, signal in SIGNALS.items()
}
BOTH: dict[Kind, tuple[Signal, ...]] = {"helpful": ("helpfulness", "honesty")}
PAIRS = [
    make(CompletionPair, f"p{number}", completion_a="x" * number, completion_b="y" * (9 - number))
    for number in range(1, 9)
]
PLAIN = JudgementSettings(principles=PRINCIPLES)
CALIBRATED = JudgementSettings(principles=PRINCIPLES, calibration="identical")
LABELS = LabelSettings()


def longer(first: str, second: str) -> float:
    """A judge that prefers the longer response."""
    return 0.9 if len(first) > len(second) else 0.1


def labels(
    judge: Judge, settings: JudgementSettings = PLAIN, how: LabelSettings = LABELS
) -> list[PreferencePair]:
    """The labels that a judge gives, by its P(first)."""
    judgements = list(judge_pairs(PAIRS, "j", completing(judging(judge)), "m", settings))
    return label_pairs(PAIRS, judgements, how)


@pytest.mark.parametrize(
    ("settings", "reason"), [(PLAIN, "the orders disagree"), (CALIBRATED, "too close to call")]
)
def test_a_judge_that_always_prefers_the_first_yields_only_ties(
    settings: JudgementSettings, reason: str
) -> None:
    labelled = labels(lambda first, second: 0.8, settings)
    assert {label.label for label in labelled} == {"tie"}
    assert all(label.chosen is None and label.failure == reason for label in labelled)


def test_a_judge_that_prefers_the_longer_labels_the_longer() -> None:
    for label in labels(longer):
        assert label.chosen is not None and label.rejected is not None
        assert len(label.chosen) > len(label.rejected)
        assert label.p_a == pytest.approx(0.9 if label.label == "a" else 0.1)


def test_calibration_finds_the_content_below_a_strong_liking_for_a_position() -> None:
    def judge(first: str, second: str) -> float:
        return 0.8 + 0.01 * (len(first) - len(second))

    assert {label.label for label in labels(judge)} == {"tie"}
    calibrated = labels(judge, CALIBRATED)
    assert all(label.label in ("a", "b") for label in calibrated)
    assert all(len(label.chosen or "") > len(label.rejected or "") for label in calibrated)


def test_swapping_a_pair_flips_its_label() -> None:
    before = {pair.pair_id: pair.label for pair in labels(longer)}
    swapped = [
        pair.model_copy(update={"completion_a": pair.completion_b, "completion_b": pair.completion_a})
        for pair in PAIRS
    ]
    judgements = list(judge_pairs(swapped, "j", completing(judging(longer)), "m", PLAIN))
    after = label_pairs(swapped, judgements, LABELS)
    assert all({before[pair.pair_id], pair.label} == {"a", "b"} for pair in after)


def test_an_unparsed_verdict_is_a_row_with_its_reason_and_no_label() -> None:
    judgements = list(judge_pairs(PAIRS, "j", completing(lambda _: chosen(0.1, 0.2)), "m", PLAIN))
    assert all(row.verdict is None and "70% of the probability" in str(row.failure) for row in judgements)
    for row in label_pairs(PAIRS, judgements, LABELS):
        assert row.label == "unparsed" and row.chosen is None and row.p_a is None and row.num_unparsed == 1
        assert "lies outside the choices" in str(row.failure)


def test_a_failed_pair_is_not_judged_and_keeps_its_reason() -> None:
    broken = make(CompletionPair, "p1", failure="completion a: truncated")
    assert list(judge_pairs([broken], "j", completing(lambda _: chosen(1, 0)), "m", PLAIN)) == []
    (label,) = label_pairs([broken], [], LABELS)
    assert label.label == "unjudged" and label.failure == "completion a: truncated"


def read(completion: Completion, settings: ComparisonSettings = PLAIN) -> Verdict:
    """The verdict of one completion."""
    return read_verdict(Answer(completion, "k"), settings)


def test_a_failed_call_and_missing_probabilities_are_told_apart() -> None:
    error = read(Completion(finish_reason="error", error="window"))
    missing = read(Completion(finish_reason="stop", text="A"))
    assert (error.failure, missing.failure) == ("error: window", "no choice probabilities")


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        (" A", "first"),
        ("B.", "second"),
        (" B\nbecause", "second"),
        ("A or B", None),
        ("a", None),
        ("I prefer A", None),
        ("", None),
        ("Absolutely", None),
        ("A B", None),
        ("C", None),
    ],
)
def test_a_spoken_verdict_is_one_letter_or_a_failure_with_its_words(text: str, verdict: str | None) -> None:
    spoken = read(Completion(finish_reason="stop", text=text), ComparisonSettings(verdicts="text"))
    assert (spoken.verdict, spoken.raw) == (verdict, text)
    assert (spoken.failure is None) == (verdict is not None) == (spoken.p_first is not None)


def test_spoken_verdicts_need_no_probabilities_and_give_labels() -> None:
    def script(request: Request) -> str:
        first, second = shown(request)
        return " A" if len(first) > len(second) else " B"

    settings = JudgementSettings(principles=PRINCIPLES, verdicts="text")
    judgements = list(judge_pairs(PAIRS, "j", completing(script), "m", settings))
    assert all(row.raw in (" A", " B") for row in judgements)
    labelled = label_pairs(PAIRS, judgements, LABELS)
    assert all(len(row.chosen or "") > len(row.rejected or "") for row in labelled)


def test_a_judge_that_reasons_is_asked_twice_and_keeps_what_it_said() -> None:
    def script(request: Request) -> str | Completion:
        if not request.choices:
            return "the first is longer"
        assert [turn.role for turn in request.messages] == ["user", "assistant", "user", "assistant"]
        assert request.messages[1].content == "the first is longer"
        return judging(longer)(request)

    settings = JudgementSettings(principles=PRINCIPLES, reasoning_tokens=8)
    judgements = list(judge_pairs(PAIRS, "j", completing(script), "m", settings))
    assert all(row.reasoning == "the first is longer" and row.reasoning_key for row in judgements)
    clamped = label_pairs(PAIRS, judgements, LabelSettings(clamp=(0.4, 0.6)))
    assert {round(row.p_a or 0, 6) for row in clamped} == {0.4, 0.6}
    assert [row.label for row in clamped] == [row.label for row in label_pairs(PAIRS, judgements, LABELS)]


def test_a_judge_without_reasoning_to_show_gives_no_verdict() -> None:
    script = lambda request: chosen(0.9, 0.1) if request.choices else ""  # noqa: E731
    settings = JudgementSettings(principles=PRINCIPLES, reasoning_tokens=8)
    judgements = list(judge_pairs(PAIRS, "j", completing(script), "m", settings))
    assert {judgement.failure for judgement in judgements} == {"no reasoning: empty"}


def test_verdicts_meet_their_pair_by_id_whatever_their_order() -> None:
    judgements = list(judge_pairs(PAIRS, "j", completing(judging(longer)), "m", PLAIN))
    assert label_pairs(PAIRS, judgements[::-1], LABELS) == label_pairs(PAIRS, judgements, LABELS)


def test_principles_are_drawn_by_signal_and_more_of_them_keep_those_there_are() -> None:
    ids = {}
    for count in (1, 2, "all"):
        settings = JudgementSettings(principles=PRINCIPLES, num_principles=count, signals=BOTH)
        ids[count] = settings.principles_of("helpful", "p1")
    assert len(ids[1]) == 2 and ids[1][1] == "true"
    assert set(ids[1]) < set(ids[2]) < set(ids["all"]) == {"kind", "clear", "brief", "true"}
    with pytest.raises(ValueError, match="signals ask for honesty, and principles has none of it"):
        JudgementSettings(principles={"kind": PRINCIPLES["kind"]}, signals=BOTH)
    with pytest.raises(BadInput, match="no principle of honesty"):
        Constitution(name="t", principles=()).of_signal("honesty", "[judge.signals] of helpful prompts")


def test_signals_are_columns_and_the_weights_alone_combine_them() -> None:
    def script(request: Request) -> Completion:
        first, second = shown(request)
        p = longer(first, second)
        return chosen(1 - p, p) if "true?" in request.messages[0].content else chosen(p, 1 - p)

    settings = JudgementSettings(principles=PRINCIPLES, num_principles="all", signals=BOTH)
    judgements = list(judge_pairs(PAIRS, "j", completing(script), "m", settings))
    label = label_pairs(PAIRS, judgements, LABELS)[0]
    assert label.label == "b" and label.principles == ["brief", "clear", "kind", "true"]
    assert [label.p_helpfulness, label.p_honesty] == pytest.approx(
        [0.1, 0.9]
    ) and label.p_harmlessness is None
    honest = LabelSettings(weights={"helpful": {"helpfulness": 1, "honesty": 3}})
    other = label_pairs(PAIRS, judgements, honest)[0]
    assert other.label == "a" and other.p_a == pytest.approx(0.25 * 0.1 + 0.75 * 0.9)


def test_several_judges_are_averaged_and_their_disagreement_is_told() -> None:
    long = list(judge_pairs(PAIRS, "long", completing(judging(longer)), "m", PLAIN))
    short = completing(judging(lambda first, second: 0.5 + (0.5 - longer(first, second)) / 4))
    both = long + list(judge_pairs(PAIRS, "short", short, "m2", PLAIN))
    for label in label_pairs(PAIRS, both, LABELS):
        assert label.judges_disagree is True and label.judge_spread == pytest.approx(0.5)
        assert len(label.chosen or "") > len(label.rejected or "")
    assert all(label.judge_spread is None for label in label_pairs(PAIRS, long, LABELS))


def test_earlier_turns_are_shown_and_quoted() -> None:
    history = [
        ChatMessage(role="user", content="Hi\nResponse A:"),
        ChatMessage(role="assistant", content="Yo"),
    ]
    pair = PAIRS[0].model_copy(update={"history": history})
    seen: list[Request] = []

    def script(request: Request) -> Completion:
        seen.append(request)
        return chosen(0.5, 0.5)

    list(judge_pairs([pair], "j", completing(script), "m", PLAIN))
    call = read_call(seen[0].messages[0].content)
    assert call.under("User:") == ["Hi\nResponse A:", "prompt p1"] and call.under("Assistant:") == ["Yo"]


def test_the_soft_label_is_the_mean_of_both_orders() -> None:
    preference = combine({"ab": read(chosen(0.9, 0.1)), "ba": read(chosen(0.3, 0.7))})
    assert preference is not None and preference.p_a == pytest.approx(0.8)


@given(st.floats(0, 1), st.floats(0, 1))
def test_a_label_needs_both_orders_and_soft_labels_are_probabilities(ab: float, ba: float) -> None:
    first, second = (read(chosen(p, 1 - p)) for p in (ab, ba))
    preference = combine({"ab": first, "ba": second})
    assert preference is not None and 0 <= preference.p_a <= 1
    if preference.label() == "a":
        assert ab > 0.5 > ba
    if preference.label() == "b":
        assert ba > 0.5 > ab
    assert combine({"ab": first, "ba": Verdict(asked="text", failure="x")}) is None
    assert combine({"ab": first}) is None


@pytest.mark.parametrize(
    "settings",
    [
        {"weights": {"helpful": {"honesty": -1, "helpfulness": 2}}},
        {"weights": {"helpful": {"helpfulness": 0}}},
        {"clamp": (0.5, 0.6)},
    ],
)
def test_settings_that_make_no_label_are_refused(settings: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"weights|clamp"):
        LabelSettings.model_validate(settings)
