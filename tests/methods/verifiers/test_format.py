"""Rules of form: each is measured, the first that is broken is named, and hostile patterns end."""

import json
import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets_registry.errors import BadInput
from methods.verifiers.format import keeps_format, read_rules


@pytest.mark.parametrize(
    ("completion", "rules"),
    [
        ("one two three", {"min_words": 3, "max_words": 3}),
        ("a\nb\nc\n", {"num_lines": 3}),
        ("tea please", {"contains": ["tea"], "excludes": ["milk"]}),
        ('{"a": [1]}', {"json": True}),
        ("no json", {"json": False}),
        ("Dear Ann, yours Bo", {"starts_with": "Dear", "ends_with": "Bo"}),
        ("ab12", {"matches": r"^[a-z]+\d+$"}),
        ("é" * 5, {"min_characters": 5, "max_characters": 5}),
        ("Mother knows best.", {"contains": ["mother"]}),
        ("It is known.", {"excludes": ["no"]}),
        ('```json\n{"a": 1}\n```', {"json": True}),
        ("state-of-the-art", {"min_words": 4, "max_words": 4}),
        ("Dr. Bo left at 3.5 km. Did he?", {"min_sentences": 2, "max_sentences": 2}),
        ("One. Two! Three?", {"min_sentences": 3, "max_sentences": 3}),
        ("Heute scheint die Sonne, und die Kinder spielen im Garten.", {"language": "de"}),
    ],
)
def test_a_completion_that_keeps_its_rules_is_accepted(completion: str, rules: dict[str, object]) -> None:
    verdict = keeps_format(completion, json.dumps(rules))
    assert verdict.accepted and verdict.reason is None
    assert set(json.loads(verdict.extracted or "")) == set(rules)


@pytest.mark.parametrize(
    ("completion", "rules", "reason"),
    [
        ("one two three", {"max_words": 2}, "max_words is broken: 3"),
        ("one", {"min_words": 2}, "min_words is broken: 1"),
        ("", {"min_characters": 1}, "min_characters is broken: 0"),
        ("a\nb", {"num_lines": 3}, "num_lines is broken: 2"),
        ("tea", {"contains": ["tea", "milk"]}, "contains is broken: {'missing': ['milk']}"),
        ("tea", {"excludes": ["tea"]}, "excludes is broken: {'found': ['tea']}"),
        ("Tea", {"excludes": ["tea"]}, "excludes is broken: {'found': ['tea']}"),
        ("teapot", {"contains": ["tea"]}, "contains is broken: {'missing': ['tea']}"),
        ("One. Two.", {"max_sentences": 1}, "max_sentences is broken: 2"),
        ("The sun is out, and children play in the garden.", {"language": "de"}, "language is broken: en"),
        ("{", {"json": True}, "json is broken: False"),
        ("[" * 50_000, {"json": True}, "json is broken: False"),
        ("Hello", {"starts_with": "Dear"}, "starts_with is broken: Hell"),
        ("Hello", {"ends_with": "Bo"}, "ends_with is broken: lo"),
        ("Hello", {"matches": "^h"}, "matches is broken: False"),
        ("x" * 100_001, {"json": False}, "longer than 100,000 characters"),
    ],
)
def test_the_broken_rule_is_named_with_what_was_measured(
    completion: str, rules: dict[str, object], reason: str
) -> None:
    verdict = keeps_format(completion, json.dumps(rules))
    assert not verdict.accepted and verdict.reason == reason


@pytest.mark.parametrize(
    ("gold", "named"),
    [
        ('{"max_word": 3}', "'max_word'"),
        ('{"max_words": "3"}', "'max_words'"),
        ('{"max_words": -1}', "'max_words'"),
        ("short", "'short'"),
        ("{}", "no format rule"),
        ('{"matches": "("}', "'matches'"),
        ('{"language": "xx"}', "'language'"),
    ],
)
def test_rules_that_cannot_be_used_are_named(gold: str, named: str) -> None:
    with pytest.raises(BadInput, match=named):
        keeps_format("x", gold)


def test_a_pattern_that_backtracks_for_ever_ends() -> None:
    begun = time.monotonic()
    verdict = keeps_format("a" * 5000 + "!", '{"matches": "^(a|a?)+$"}')
    assert verdict.reason == "matches is broken: no result within 1 s" and time.monotonic() - begun < 8


@given(st.text(max_size=50), st.integers(0, 9))
def test_words_are_counted_for_any_text(text: str, most: int) -> None:
    assert keeps_format(text, json.dumps({"max_words": most})).accepted == (
        len(re.findall(r"\w+", text)) <= most
    )
    assert read_rules(json.dumps({"max_words": most})).max_words == most


def test_a_gold_answer_that_nothing_can_keep_rejects_its_own_row_and_stops_no_other() -> None:
    assert not keeps_format("one two", '{"min_words": 5, "max_words": 3}').accepted
    with pytest.raises(BadInput, match="no format rule is set"):
        keeps_format("one two", '{"contains": []}')
