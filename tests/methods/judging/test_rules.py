"""Rules decide principles without a call: what each measures, and what labels follow."""

from collections.abc import Sequence

import pytest
from pydantic import ValidationError

from datasets_registry.rows.rlaif import AiJudgement, CompletionPair
from generation.request import Completion, Message, Request
from generation.scripted import chosen, completing
from methods.judging.answers import answers_of, thinks
from methods.judging.constitution import Principle
from methods.judging.rules import Rule, keeps
from methods.reading.thought import THINK
from methods.rlaif.judgements import JudgedPrinciple, JudgementSettings, judge_by_rules, judge_pairs
from methods.rlaif.labels import LabelSettings, label_pairs
from tests.rows import make

ASKED = (Message(role="user", content="How does rain form over mountains?"),)
SHORT, LONG = (
    "Rain forms as air rises.",
    "It rains. Air rises over mountains, cools, and water falls out of it.",
)
PAIR = make(CompletionPair, "p1", prompt=ASKED[0].content, completion_a=SHORT, completion_b=LONG)
SIGNALS = {"helpful": ("form",)}


@pytest.mark.parametrize(
    ("rule", "response", "kept"),
    [
        ({"max_sentences": 1}, SHORT, True),
        ({"max_sentences": 1}, LONG, False),
        ({"max_words": 5}, SHORT, True),
        ({"max_words": 4}, SHORT, False),
        ({"contains": ["rain"]}, SHORT, True),
        ({"excludes": ["rain"]}, SHORT, False),
        ({"language": "de"}, "Regen entsteht, wenn feuchte Luft an den Bergen aufsteigt und abkühlt.", True),
        ({"language": "de"}, LONG, False),
        ({"refuses": False}, SHORT, True),
        ({"refuses": True}, "I'm sorry, but I can't help with that.", True),
        ({"refuses": False}, "I'm sorry, but I can't help with that.", False),
        ({"prompt_words": 2}, SHORT, False),
        ({"prompt_words": 2}, "Rain can form there.", True),
        ({"max_sentences": 1, "prompt_words": 3}, SHORT, False),
    ],
)
def test_a_response_keeps_all_that_is_set_or_breaks_the_rule(
    rule: dict[str, object], response: str, kept: bool
) -> None:
    assert keeps(Rule.model_validate(rule), ASKED, response).kept is kept


@pytest.mark.parametrize(
    ("rule", "prompt", "response", "kept"),
    [
        # marks of letters belong to their words
        ({"prompt_words": 1}, "बिल्लियाँ क्यों सोती हैं?", "बिल्लियाँ थक जाती हैं।", True),
        ({"prompt_words": 1}, "Why a cafe\u0301?", "The caf\u00e9 is near.", True),
        # scripts without spaces have no ends of words
        ({"excludes": ["東京"]}, "どこ?", "私は東京に住む", False),
        ({"contains": ["กาแฟ"]}, "?", "ผมชอบกาแฟมาก", True),
        ({"contains": ["Tokyo"]}, "?", "私はTokyoに住む", True),
        ({"contains": ["kava"]}, "?", "kavárna", False),
        ({"excludes": ["🎉"]}, "?", "Yes🎉!", False),
        ({"contains": ["cafe\u0301"]}, "?", "The caf\u00e9.", True),
        # each script's own marks end sentences, and small letters of any alphabet begin none
        ({"max_sentences": 1}, "?", "नमस्ते। आप कैसे हैं?", False),
        ({"max_sentences": 1}, "?", "你好！再见！", False),
        ({"max_sentences": 1}, "?", "كيف حالك؟ أنا بخير", False),
        ({"max_sentences": 1}, "?", "Él llegó. ¿Cuándo", False),
        ({"max_sentences": 1}, "?", "Это чай, кофе и т. д. для гостей", True),
        ({"max_sentences": 1}, "?", "No. It is not", False),
        ({"max_sentences": 1}, "?", "See No. 5 of the U.K. Parliament and z.B. Wien", True),
    ],
)
def test_rules_read_each_script_by_its_own_words_and_marks(
    rule: dict[str, object], prompt: str, response: str, kept: bool
) -> None:
    asked = (Message(role="user", content=prompt),)
    assert keeps(Rule.model_validate(rule), asked, response).kept is kept


@pytest.mark.parametrize("response", ["", "42", "😀😀", "Oui.", "def f(x):\n    return x + 1"])
@pytest.mark.parametrize("language", ["en", "fr", "sr"])
def test_a_language_that_nobody_can_tell_is_undecided(language: str, response: str) -> None:
    decided = keeps(Rule(language=language), ASKED, response)
    assert (decided.kept, decided.reason) == (None, "its language is unclear")


def test_the_shorter_of_two_keeps_a_rule_against_the_pair() -> None:
    rule = Rule(shorter=True)
    assert (keeps(rule, ASKED, SHORT, LONG).kept, keeps(rule, ASKED, LONG, SHORT).kept) == (True, False)
    assert rule.needs_two and keeps(rule, ASKED, SHORT, SHORT).kept is False


@pytest.mark.parametrize(
    ("program", "kept", "reason"),
    [
        ("def keeps(prompt, response):\n    return len(response) < len(prompt)", True, None),
        ("def keeps(prompt, response):\n    return '!' in response", False, None),
        (
            "def keeps(prompt, response):\n    return open('/etc/passwd').read() != ''",
            None,
            "the rule's program",
        ),
        ("def keeps(prompt):\n    return True", None, "the rule's program"),
        (
            "def keeps(prompt, response):\n    return 1",
            None,
            "the rule's program: keeps gives neither True nor False",
        ),
    ],
)
def test_a_program_decides_in_the_sandbox_or_says_why_not(
    program: str, kept: bool | None, reason: str | None
) -> None:
    decided = keeps(Rule(program=program), ASKED, SHORT)
    assert decided.kept is kept and (decided.reason or "").startswith(reason or "")


@pytest.mark.parametrize(
    ("rule", "kept", "reason"),
    [
        ("short", True, ""),
        ("broken", None, "ValueError: substring not found"),
        ("unclear", None, "gives 'maybe', which is neither True nor False"),
    ],
)
def test_a_plug_in_decides_or_the_row_says_why_not(rule: str, kept: bool | None, reason: str) -> None:
    decided = keeps(Rule(plugin=f"tests.tone:{rule}"), ASKED, SHORT)
    assert decided.kept is kept and (decided.reason or "").endswith(reason)
    # what breaks another part is broken, whatever the plug-in says
    assert keeps(Rule(plugin=f"tests.tone:{rule}", max_words=1), ASKED, SHORT).kept is False


@pytest.mark.parametrize(
    ("text", "thought", "expected"),
    [
        ("<think>Air rises.</think>\n\nRain falls.", None, True),
        ("Air rises.</think>Rain falls.", None, True),
        ("<think>\n\n</think>\n\nRain falls.", None, False),
        ("Rain falls.", None, False),
        ("Rain falls.", "Air rises.", True),
        ("Rain falls.", " ", False),
    ],
)
def test_a_response_was_thought_over_by_marks_or_where_its_server_returned_a_thought(
    text: str, thought: str | None, expected: bool
) -> None:
    def complete(stage: str, requests: Sequence[Request]) -> list[Completion]:
        return [Completion(text=text, thought=thought, finish_reason="stop")]

    (answer,) = answers_of(complete, THINK)("answers", [Request(messages=ASKED)])
    assert answer.text == "Rain falls." and thinks(answer) is expected
    for wanted in (True, False):
        decided = keeps(Rule(thinks=wanted), ASKED, answer.text, thinks=thinks(answer))
        assert decided.kept is (wanted is expected)


def test_thought_decides_a_pair_and_is_undecided_where_it_was_not_recorded() -> None:
    how = settings(thought=ruled(thinks=True))
    over = PAIR.model_copy(update={"thinks_a": False, "thinks_b": True})
    assert [row.verdict for row in judge_by_rules([over], how)] == ["second", "first"]
    # a part that is surely broken decides, whatever is not known of another
    assert keeps(Rule(thinks=True, prompt_words=9), ASKED, SHORT).kept is False
    assert {row.failure for row in judge_by_rules([PAIR], how)} == {
        "whether it was thought over is not recorded"
    }


@pytest.mark.parametrize(
    ("rule", "sentence"),
    [
        ({}, "no format rule is set"),
        ({"matches": "("}, "is not a valid pattern"),
        ({"language": "xx"}, "is not an ISO 639 code"),
        ({"max_word": 5}, "max_word"),
        ({"max_words": -1}, "max_words"),
        ({"prompt_words": 0}, "prompt_words"),
        ({"contains": []}, "no format rule is set"),
        ({"min_words": 9, "max_words": 5}, "'min_words': 9 is above max_words 5, .*: lower it"),
        ({"contains": ["tea"], "excludes": ["Tea"]}, "'contains': 'tea' is among excludes too, .*: drop one"),
        ({"contains": ["green tea"], "excludes": ["Tea"]}, "'green tea' is among excludes too"),
        ({"excludes": [" "]}, "is no word: drop it"),
        ({"starts_with": " Yes"}, "'starts_with': no text has the white space of ' Yes'"),
        ({"ends_with": ". \n"}, "'ends_with': no text has the white space of"),
        ({"starts_with": "Yes", "max_characters": 2}, "'Yes' takes 3 characters, above the most of 2"),
        ({"contains": ["one two"], "max_words": 1}, "'one two' takes 2 words, above the most of 1"),
        ({"min_words": 5, "max_characters": 8}, "'min_words': '5' takes 9 characters, .*: change one"),
        ({"min_sentences": 3, "max_words": 2}, "'min_sentences': '3' takes 3 words"),
        ({"num_lines": 0, "min_characters": 1}, "'1' takes 1 characters, above the most of 0"),
        ({"thinks": "yes"}, "thinks"),
        ({"program": "def keeps(prompt, response) return True"}, "is no Python .*: correct it"),
        ({"program": "kept = True"}, "defines no keeps: begin it with .*, not with 'kept = True'"),
        ({"plugin": "polite"}, "rule plugin 'polite' is not MODULE:RULE: write it as"),
        ({"plugin": "not_there:polite"}, "not_there cannot be imported .*: install it"),
        ({"plugin": "json:loads"}, "json has none of .*RULES"),
        (
            {"plugin": "tests.tone:polite"},
            "RULES has no function 'polite' .*short, .*: add it, or name another",
        ),
    ],
)
def test_a_rule_that_cannot_be_decided_is_refused_when_it_is_read(
    rule: dict[str, object], sentence: str
) -> None:
    with pytest.raises(ValidationError, match=sentence.replace("(", r"\(")):
        Principle.model_validate({"id": "x", "signal": "form", "rule": rule})


def test_a_rule_is_stored_as_it_is_written() -> None:
    rule = Rule.model_validate({"json": True, "contains": ["rain"]})
    assert Rule.model_validate(rule.model_dump()) == rule and rule.model_dump()["json"] is True


def settings(**principles: JudgedPrinciple) -> JudgementSettings:
    """How pairs are judged under these principles."""
    return JudgementSettings.model_validate({"principles": principles, "signals": SIGNALS})


def ruled(**rule: object) -> JudgedPrinciple:
    """A principle of form with a rule."""
    return JudgedPrinciple(signal="form", rule=Rule.model_validate(rule))


def test_rules_judge_both_orders_without_a_call_and_label_what_keeps_more_of_them() -> None:
    how = settings(one=ruled(max_sentences=1), few=ruled(max_words=5), rain=ruled(contains=["rain"]))
    rows = judge_by_rules([PAIR], how)
    assert {(row.judge, row.asked, row.judgement_key) for row in rows} == {("rule", "rule", None)}
    assert [(row.principle_id, row.order, row.verdict) for row in rows] == [
        ("one", "ab", "first"),
        ("one", "ba", "second"),
        ("few", "ab", "first"),
        ("few", "ba", "second"),
        ("rain", "ab", "first"),
        ("rain", "ba", "second"),
    ]
    (label,) = label_pairs([PAIR], rows, LabelSettings(weights={"helpful": {"form": 1}}))
    assert (label.label, label.chosen) == ("a", SHORT) and label.p_signals[0].signal == "form"
    assert label.judge_spread is None


def test_principles_weigh_within_their_signal() -> None:
    how = settings(few=ruled(max_words=5), high=ruled(contains=["mountains"]))
    rows = judge_by_rules([PAIR], how)
    weights = {"helpful": {"form": 1.0}}
    (even,) = label_pairs([PAIR], rows, LabelSettings(weights=weights))
    (weighed,) = label_pairs([PAIR], rows, LabelSettings(weights=weights, principle_weights={"high": 3.0}))
    assert (even.label, weighed.label) == ("tie", "b")
    assert weighed.p_a == pytest.approx(0.25, abs=1e-5)


def test_where_a_rule_decides_a_judge_is_only_measured() -> None:
    both = JudgedPrinciple(
        signal="form", rule=Rule(max_words=5), preference_question="Which has fewer words?"
    )
    how = settings(few=both)

    def wrong(request: Request) -> Completion:
        first = "Response A:\n> Rain" in request.messages[0].content
        return chosen(0.1, 0.9) if first else chosen(0.9, 0.1)

    judged: list[AiJudgement] = list(judge_pairs([PAIR], "j", completing(wrong), "m", how))
    rows = [*judge_by_rules([PAIR], how), *judged]
    (label,) = label_pairs([PAIR], rows, LabelSettings(weights={"helpful": {"form": 1}}))
    assert len(judged) == 2 and label.label == "a" and label.p_a == pytest.approx(1, abs=1e-5)


def test_a_rule_that_is_undecided_is_a_row_with_its_reason_and_no_label() -> None:
    how = settings(open=ruled(refuses=False))
    unsure = PAIR.model_copy(
        update={"completion_b": "As an AI language model, I have no feelings about rain."}
    )
    rows = judge_by_rules([unsure], how)
    assert {row.failure for row in rows} == {"phrases leave open whether it refuses"}
    (label,) = label_pairs([unsure], rows, LabelSettings(weights={"helpful": {"form": 1}}))
    assert label.label == "unparsed" and label.chosen is None


def test_a_principle_needs_a_question_or_a_rule_and_only_one_with_requests_revises() -> None:
    with pytest.raises(ValidationError, match="neither a preference_question nor a rule"):
        Principle(id="x")
    with pytest.raises(ValidationError, match="write both or neither"):
        Principle(id="x", rule=Rule(max_words=5), critique_request="Say what is too long.")
    with pytest.raises(ValidationError, match="has no critique_request"):
        Principle(id="x", preference_question="Which?")
    assert not Principle(id="x", rule=Rule(max_words=5)).revises
