"""A judge that begins its turn itself: what it is asked, and how strictly its words are read."""

import json
from collections.abc import Callable

import pytest

from datasets_registry.rows.rlaif import AiJudgement, CompletionPair
from generation.request import Completion, Message, Request
from generation.scoring.outcomes import Answered
from generation.scripted import chosen, completing
from methods.judging.asking import Asking
from methods.judging.comparison import FORM, ComparisonSettings, comparison_templates
from methods.judging.questions import read_reply
from methods.judging.refusal import judge_refusals, refusal_templates
from methods.judging.score import Scored, ScoreSettings, score_completions, score_templates
from methods.prm.judge import StepJudgeSettings, judge_steps, step_judge_templates
from methods.rlaif.judgements import JudgedPrinciple, JudgementSettings, judge_pairs
from methods.templates import only, template_digests
from tests.methods.simulated_completer import solution
from tests.rows import make

PAIR = make(CompletionPair, "p1", completion_a="a long answer", completion_b="short")
PRINCIPLES = {"kind": JudgedPrinciple(signal="helpfulness", preference_question="Which is kind?")}
ANSWERED = Answered((Message(role="user", content="Why?"),), "Sorry, here it is.")
SCORED = Scored(ANSWERED.messages, ANSWERED.completion, "helpfulness")
WAYS = [
    {"verdicts": verdicts, "begun": False, "reasoning_tokens": tokens}
    for verdicts in ("probabilities", "text", "schema")
    for tokens in (None, 50)
]
Script = Callable[[Request], str | Completion]


def judged(script: Script, **how: object) -> list[AiJudgement]:
    """The judgements of the pair in both orders, by a judge that begins its turn itself."""
    fields = {"principles": PRINCIPLES, "signals": {"helpful": ["helpfulness"]}, "begun": False, **how}
    settings = JudgementSettings.model_validate(fields)
    return list(judge_pairs([PAIR], "j", completing(script), "m", settings))


def obliging(request: Request) -> str | Completion:
    """A server that continues no turn: it answers as it is asked, with the last of the options."""
    assert not request.continues
    if request.choices:
        return chosen(*[0.0] * (len(request.choices) - 1), 1.0)
    if request.answer_schema is None:
        label = request.messages[-1].content.rpartition('"')[0].rpartition('"')[2].removesuffix(": ")
        return (
            f"I have read both.\n{label}: {'C' if label == 'Refusal' else 'B' if label == 'Verdict' else '3'}"
        )
    fields = json.loads(request.answer_schema)["properties"]
    return json.dumps({name: field.get("enum", ["so"])[-1] for name, field in fields.items()})


@pytest.mark.parametrize("how", WAYS)
def test_no_judge_of_texts_continues_a_turn_and_each_declares_what_it_fills(how: dict[str, object]) -> None:
    comparison = ComparisonSettings.model_validate(how)
    scores = ScoreSettings.model_validate({name: how[name] for name in ("verdicts", "begun")})
    templates = {
        *comparison_templates(comparison),
        *refusal_templates(comparison),
        *score_templates(scores, ["helpfulness"]),
    }
    with only(template_digests(templates)):
        assert [row.verdict for row in judged(obliging, **how)] == ["second", "second"]
        (refusal,) = judge_refusals("r", [ANSWERED], completing(obliging), "m", comparison)
        (score,) = score_completions("s", [SCORED], completing(obliging), "m", scores)
    assert refusal.kind == "full" and refusal.key
    assert score.score == (3 if how["verdicts"] == "text" else 10) and score.score_key


@pytest.mark.parametrize("how", WAYS[2:])
def test_no_judge_of_steps_continues_a_turn(how: dict[str, object]) -> None:
    settings, judged_solution = StepJudgeSettings.model_validate(how), solution(2, 3)
    with only(template_digests(step_judge_templates(settings))):
        verdicts = judge_steps([judged_solution], completing(obliging), "m", settings)
    assert verdicts[judged_solution.solution_id].first_error == 3


@pytest.mark.parametrize(
    ("text", "option"),
    [
        ("Verdict: A", "A"),
        ("Both are kind.\nVerdict: A\n\nNo:\n**Verdict: B**\n", "B"),
        ("Verdict:B.", "B"),
        ("Verdict: A or B", None),
        ("Verdict: A\nas B is short", None),
        ("The second one says:\n> Verdict: A", None),
        ("verdict: A", None),
        ("A", None),
        ("My verdict is A", None),
        ("Verdict: C", None),
        ("", None),
    ],
)
def test_the_last_line_alone_is_a_verdict(text: str, option: str | None) -> None:
    reply = read_reply(
        Completion(text=text, finish_reason="stop"), FORM, Asking(verdicts="text", begun=False)
    )
    assert reply.option == option and (reply.failure is None) == (option is not None)


@pytest.mark.parametrize(
    ("text", "option"),
    [
        ('{"verdict": "A"}', "A"),
        ('{"reasoning": "B is short", "verdict": "A"}', "A"),
        ('{"verdict": "A", "verdict": "B"}', None),
        ('{"verdict": "a"}', None),
        ('{"verdict": ["A"]}', None),
        ('{"verdict": "A", "sure": true}', None),
        ('["A"]', None),
        ('{"verdict": "A"', None),
        ("[" * 100_000, None),
    ],
)
def test_an_object_of_the_schema_alone_is_a_verdict(text: str, option: str | None) -> None:
    reply = read_reply(Completion(text=text, finish_reason="stop"), FORM, Asking(verdicts="schema"))
    assert reply.option == option and (reply.failure is None) == (option is not None)


def test_a_truncated_reply_is_no_verdict_whatever_it_ends_with() -> None:
    truncated = Completion(text="Verdict: A", finish_reason="length")
    assert (
        read_reply(truncated, FORM, Asking(verdicts="text", begun=False)).failure == "the reply is truncated"
    )


def test_reasons_of_the_same_reply_are_kept_beside_its_verdict() -> None:
    rows = judged(lambda _: "The first is longer.\nVerdict: A", verdicts="text", reasoning_tokens=50)
    assert {(row.reasoning, row.reasoning_key, row.asked) for row in rows} == {
        ("The first is longer.", None, "text")
    }


def test_samples_are_counted_in_place_of_probabilities() -> None:
    def script(request: Request) -> str:
        assert request.params.temperature == 1
        return ("Verdict: A", "Verdict: A", "Verdict: A", "Verdict: B", "I cannot say")[request.sample]

    first, _ = judged(script, verdicts="text", samples=5)
    assert (first.num_first, first.num_second, first.p_first, first.verdict) == (3, 1, 0.75, "first")
    assert first.p_low == pytest.approx(0.3006, abs=1e-3) and first.p_high == pytest.approx(0.9544, abs=1e-3)
    assert (
        first.outside_probability == pytest.approx(0.2)
        and len({*first.sample_keys, first.judgement_key}) == 5
    )


def test_too_many_replies_that_choose_nothing_are_a_reason() -> None:
    script = lambda request: "Verdict: A" if request.sample == 0 else "both"  # noqa: E731
    first, _ = judged(script, verdicts="text", samples=3)
    assert first.verdict is None and "2 of 3 replies choose nothing" in (first.failure or "")


def test_one_sample_is_greedy_and_probabilities_are_not_sampled() -> None:
    assert Asking(verdicts="text").words().temperature == 0
    with pytest.raises(ValueError, match="samples = 3 counts replies, and verdicts = 'probabilities'"):
        Asking(samples=3)


def test_a_single_reply_in_words_has_no_share_to_calibrate() -> None:
    with pytest.raises(ValueError, match="a single reply in words has none"):
        ComparisonSettings(verdicts="text", calibration="identical")
    assert len(ComparisonSettings(verdicts="text", calibration="identical", samples=9).orders) == 4


def test_a_judge_that_thinks_by_itself_has_tokens_for_it() -> None:
    asking = Asking(verdicts="text", begun=False, thought_tokens=1000)
    assert (
        asking.words(200).max_tokens == 1000 + 200 + Asking(verdicts="text", begun=False).words().max_tokens
    )
