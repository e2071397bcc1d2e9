"""Rows are shown by what each has of its own, with the key first and texts that end with a whole word."""

from assets.cli.screen.sample import MOST_CHARACTERS, brief, sampled

ROWS: list[dict[str, object]] = [
    {"kind": "helpful", "id": "one", "prompt": "What?", "score": 1 / 3, "history": [], "failure": None},
    {"kind": "helpful", "id": "two", "prompt": "Why?", "score": None, "history": [], "failure": None},
]


def test_what_rows_share_and_lack_is_said_once() -> None:
    sample = sampled(ROWS, ["id"])
    assert sample.own == [
        [("id", "one"), ("prompt", "What?"), ("score", "0.3333")],
        [("id", "two"), ("prompt", "Why?")],
    ]
    assert sample.shared == [("kind", "helpful")] and sample.empty == ["history", "failure"]


def test_a_row_alone_is_shown_whole() -> None:
    sample = sampled(ROWS[:1], ["id"])
    assert [name for name, _ in sample.own[0]] == ["id", "kind", "prompt", "score"] and not sample.shared


def test_a_long_value_ends_with_a_whole_word_and_after_a_few_lines() -> None:
    name = "iterative_dpo/round_02/preference_pairs"
    shown = brief(f"{name} " * 20)
    assert shown.endswith(f"{name}…") and len(shown) <= MOST_CHARACTERS + 1
    assert brief("one\n\ntwo\nthree\nfour\nfive") == "one\ntwo\nthree\nfour…"
    assert brief("x" * 500) == "x" * MOST_CHARACTERS + "…"
    assert brief([{"a": "word " * 100}]).endswith("word…") and brief({"a": 1}) == '{"a": 1}'
