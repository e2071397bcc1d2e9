"""Additions stand beside the response that a verdict is against, and turn it or do not."""

from collections.abc import Sequence

import pytest

from benchmarks.sides.labels.steered_judges import grouped
from datasets_registry.rows.judges import SteeredVerdict
from datasets_registry.rows.rlaif import AiJudgement
from generation.request import Completion, Request
from generation.scripted import ScriptedBackend, chosen
from methods.judging.comparison import ComparisonSettings
from methods.rlaif.judgements import JudgedPrinciple, JudgementSettings, judge_pairs
from methods.rlaif.steering import SteeringSettings, steer, trials_of
from tests.judging import judging

PAIRS = grouped(12)
QUESTION = "Which is right?"
SETTINGS = SteeringSettings(num_pairs=12, questions={"right": QUESTION})
JUDGING = JudgementSettings(
    signals={"helpful": ("helpfulness",)},
    principles={"right": JudgedPrinciple(signal="helpfulness", preference_question=QUESTION)},
)


def by_words(first: str, second: str) -> float:
    return 0.9 if "right" in first else 0.1


def judgements(script: ScriptedBackend, settings: JudgementSettings = JUDGING) -> list[AiJudgement]:
    return list(judge_pairs(PAIRS, "judge", script.in_order, "model", settings))


def tried(script: ScriptedBackend, rows: Sequence[AiJudgement]) -> list[SteeredVerdict]:
    """The steered verdicts; the backend remembers only their calls."""
    script.requests.clear()
    return steer(trials_of(PAIRS, rows, SETTINGS), "judge", script.in_order, "model", SETTINGS)


def test_every_kind_is_tried_on_every_pair_and_speaks_for_the_response_it_is_against() -> None:
    script = ScriptedBackend(judging(by_words))
    rows = tried(script, judgements(script))
    assert len(rows) == len({(row.pair_id, row.kind) for row in rows}) == 12 * 6
    assert {row.place for row in rows} == {"answer", "prompt", "thought"}
    assert all(row.logit_plain < 0 and row.moved is False and row.neutral_moved is False for row in rows)
    letters = {"first": "A", "second": "B"}
    said = [row for row in rows if row.kind == "authority"]
    assert said and all(f"Response {letters[row.speaks_for]}" in row.addition for row in said)


def test_what_stands_in_thought_makes_the_call_that_was_made_without_it() -> None:
    script = ScriptedBackend(judging(by_words))
    plain = judgements(script)
    known = {row.judgement_key for row in plain}
    rows = tried(script, plain)
    for row in rows:
        assert (row.place == "thought") == ({row.addition_key, row.neutral_key} <= known), row


def test_the_same_seed_makes_the_same_requests_and_another_one_others() -> None:
    script = ScriptedBackend(judging(by_words))
    plain = judgements(script)
    keys = [row.addition_key for row in tried(script, plain)]
    assert keys == [row.addition_key for row in tried(script, plain)]
    other = SETTINGS.model_copy(update={"seed": 1})
    moved = steer(trials_of(PAIRS, plain, other), "judge", script.in_order, "model", other)
    assert keys != [row.addition_key for row in moved]


def test_a_pair_of_which_nothing_is_decided_is_not_asked_about() -> None:
    script = ScriptedBackend(judging(lambda first, second: 0.8))
    calibrated = JUDGING.model_copy(update={"calibration": "identical"})
    assert trials_of(PAIRS, judgements(script, calibrated), SETTINGS) == []
    assert trials_of(PAIRS, judgements(script), SETTINGS) != []


def test_a_call_that_fails_is_a_row_with_its_reason() -> None:
    script = ScriptedBackend(judging(by_words))
    plain = judgements(script)

    def failing(request: Request) -> str | Completion:
        text = request.messages[0].content
        return chosen(0.1, 0.1) if "prefer" in text else judging(by_words)(request)

    rows = tried(ScriptedBackend(failing), plain)
    failed = [row for row in rows if row.failure]
    assert failed and all(row.moved is None and row.neutral_moved is None for row in failed)
    assert {str(row.failure).split(":")[0] for row in failed} == {"addition"}


@pytest.mark.parametrize("verdicts", ["probabilities", "text"])
def test_a_verdict_is_never_read_from_a_judged_text(verdicts: str) -> None:
    """A judge that repeats what it was shown gives no verdict, whatever stands there."""
    how = SETTINGS.model_copy(
        update={"comparison": ComparisonSettings.model_validate({"verdicts": verdicts})}
    )
    plain = judgements(ScriptedBackend(judging(by_words)))
    echo = ScriptedBackend(lambda request: request.messages[0].content[-40:])
    for row in steer(trials_of(PAIRS, plain, how), "judge", echo.in_order, "model", how):
        assert row.moved is None and row.failure
