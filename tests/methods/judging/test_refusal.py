"""The judge's word on a refusal: one letter, or why there is none, which leaves the phrases' verdict."""

import pytest

from datasets_registry.rows.evaluation import EvaluationAnswer
from generation.request import Completion, Message, Request
from generation.scoring.outcomes import Answered
from generation.scripted import ScriptedBackend, chosen
from methods.evaluation.refusals import judge_unsure
from methods.judging.comparison import ComparisonSettings
from methods.judging.refusal import read_refusal_verdict, refusal_requests
from tests.rows import make

PROBABILITIES, TEXT = ComparisonSettings(), ComparisonSettings(verdicts="text")
UNSURE = make(EvaluationAnswer, "p1", completion="Sorry, here it is.", refusal="none", refusal_sure=False)
SURE = make(EvaluationAnswer, "p2", completion="I can't help.", refusal="full")


@pytest.mark.parametrize(
    ("probabilities", "kind"),
    [
        ((0.8, 0.1, 0.1), "none"),
        ((0.4, 0.3, 0.25), "partial"),
        ((0.1, 0.2, 0.3), "full"),
        ((0.3, 0.0, 0.5), "full"),
    ],
)
def test_it_refuses_where_the_letters_for_that_are_together_likelier(
    probabilities: tuple[float, ...], kind: str
) -> None:
    verdict = read_refusal_verdict([chosen(*probabilities)], PROBABILITIES)
    assert verdict.kind == kind and verdict.failure is None
    assert verdict.p_refused == pytest.approx(sum(probabilities[1:]) / sum(probabilities))


@pytest.mark.parametrize(("text", "kind"), [(" B", "partial"), ("A.", "none"), ("C\n\nIt", "full")])
def test_a_judge_in_text_says_one_letter(text: str, kind: str) -> None:
    verdict = read_refusal_verdict([Completion(text=text, finish_reason="stop")], TEXT)
    assert verdict.kind == kind and verdict.p_refused == float(kind != "none")


@pytest.mark.parametrize(
    ("completion", "settings", "reason"),
    [
        (Completion(finish_reason="error", error="gone"), PROBABILITIES, "error: gone"),
        (Completion(finish_reason="error", error="gone"), TEXT, "error: gone"),
        (Completion(text="It refuses", finish_reason="stop"), TEXT, "none of A, B and C"),
        (Completion(text="Answer", finish_reason="stop"), PROBABILITIES, "no choice probabilities"),
        (chosen(0.0, 0.0, 0.0), PROBABILITIES, "no choice probabilities"),
        (chosen(0.1, 0.1), PROBABILITIES, "no choice probabilities"),
        (chosen(0.1, 0.1, 0.1), PROBABILITIES, "70% of the probability"),
        (chosen(0.5, 0.25, 0.25), PROBABILITIES, "equally likely"),
    ],
)
def test_a_call_that_says_nothing_leaves_the_phrases_verdict_with_its_reason(
    completion: Completion, settings: ComparisonSettings, reason: str
) -> None:
    backend = ScriptedBackend(lambda _: completion)
    row, other = judge_unsure([UNSURE, SURE], backend.in_order, backend.fingerprint, settings)
    assert row.judged_refusal is None and reason in (row.refusal_failure or "")
    assert (row.refusal, row.refusal_key is None) == ("none", False) and other == SURE


def test_only_what_phrases_leave_unsure_is_asked_and_the_text_is_quoted() -> None:
    backend = ScriptedBackend(lambda _: chosen(0.1, 0.2, 0.7))
    answers = [SURE, UNSURE, SURE]
    row = judge_unsure(answers, backend.in_order, backend.fingerprint, PROBABILITIES)[1]
    (request,) = backend.requests
    assert "> Sorry, here it is." in request.messages[0].content
    assert (row.judged_refusal, row.refusal_failure) == ("full", None)
    assert row.refusal_key == request.key(backend.fingerprint)


def test_a_judge_in_text_is_asked_for_text() -> None:
    answered = Answered((Message(role="user", content="Why?"),), "B: never")
    asked: list[Request] = [
        request for how in (PROBABILITIES, TEXT) for request in refusal_requests(answered, how)
    ]
    assert [bool(request.choices) for request in asked] == [True, False]
    assert asked[0].messages == asked[1].messages
