"""The judge's word on a refusal: one letter, or why there is none, which leaves the phrases' verdict."""

import pytest

from generation.request import Completion, Message, Request
from generation.scoring.outcomes import Answered
from generation.scripted import ScriptedBackend, chosen
from methods.judging.comparison import ComparisonSettings
from methods.judging.refusal import judge_refusals, read_refusal_verdict, refusal_requests

PROBABILITIES, TEXT = ComparisonSettings(), ComparisonSettings(verdicts="text")
UNSURE = Answered((Message(role="user", content="Why?"),), "Sorry, here it is.")


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
def test_a_call_that_says_nothing_gives_its_reason(
    completion: Completion, settings: ComparisonSettings, reason: str
) -> None:
    backend = ScriptedBackend(lambda _: completion)
    (verdict,) = judge_refusals("refusals", [UNSURE], backend.in_order, backend.fingerprint, settings)
    assert verdict.kind is None and reason in (verdict.failure or "") and verdict.key


def test_the_text_is_quoted_and_the_call_is_named() -> None:
    backend = ScriptedBackend(lambda _: chosen(0.1, 0.2, 0.7))
    (verdict,) = judge_refusals("refusals", [UNSURE], backend.in_order, backend.fingerprint, PROBABILITIES)
    (request,) = backend.requests
    assert "> Sorry, here it is." in request.messages[0].content
    assert (verdict.kind, verdict.failure) == ("full", None)
    assert verdict.key == request.key(backend.fingerprint)


def test_a_judge_in_text_is_asked_for_text() -> None:
    answered = Answered((Message(role="user", content="Why?"),), "B: never")
    asked: list[Request] = [
        request for how in (PROBABILITIES, TEXT) for request in refusal_requests(answered, how)
    ]
    assert [bool(request.choices) for request in asked] == [True, False]
    assert asked[0].messages == asked[1].messages
