"""Chosen and rejected answers keep their prompt, system text, tools and scores, or say why not."""

from pathlib import Path
from typing import Any

import pytest

from datasets_registry.rows.imported import HumanPreference
from tests.datasets_registry.samples import imported, reasons, write_lines

HI = {"role": "user", "content": "Why?"}
GOOD, BAD = ({"role": "assistant", "content": text} for text in ("Because.", "No."))


def taken(folder: Path, *rows: Any) -> list[HumanPreference]:
    """The preferences of a file with these rows."""
    found = imported(write_lines(folder / "rows.jsonl", *rows))
    assert not found.rejections, reasons(found)
    return [row for row in found.rows if isinstance(row, HumanPreference)]


@pytest.mark.parametrize(
    ("row", "prompt"),
    [
        ({"prompt": [HI], "chosen": [GOOD], "rejected": [BAD]}, "Why?"),
        ({"chosen": [HI, GOOD], "rejected": [HI, BAD]}, "Why?"),
        ({"prompt": [HI], "chosen": [HI, GOOD], "rejected": [HI, BAD]}, "Why?"),
        ({"prompt": "Why?", "chosen": "Because.", "rejected": "No."}, "Why?"),
        ({"question": "Why?", "chosen": "Because.", "rejected": "No."}, "Why?"),
        ({"prompt": "\n\nHuman: Why?\n\nAssistant:", "chosen": "Because.", "rejected": "No."}, "Why?"),
    ],
)
def test_every_way_to_write_a_pair_gives_the_same_row(
    tmp_path: Path, row: dict[str, Any], prompt: str
) -> None:
    (made,) = taken(tmp_path, row)
    assert (made.prompt, made.chosen, made.rejected) == (prompt, "Because.", "No.")
    assert [one.role for one in made.messages] == ["user"]


def test_a_prompt_that_is_not_stated_is_what_both_texts_begin_with(tmp_path: Path) -> None:
    found = imported(
        write_lines(
            tmp_path / "p.jsonl",
            {"chosen": "The sky is blue.", "rejected": "The sky is black."},
            {"chosen": "Blue.", "rejected": "Green."},
            {"chosen": "Same", "rejected": "Same"},
        )
    )
    (made,) = found.rows
    assert isinstance(made, HumanPreference)
    assert (made.prompt, made.chosen, made.rejected) == ("The sky is", " blue.", " black.")
    assert reasons(found) == [
        (2, "there is no prompt, and chosen and rejected do not begin alike"),
        (3, "chosen and rejected are equal"),
    ]


def test_the_ratings_of_tulu_3_are_scores(tmp_path: Path) -> None:
    more = {"chosen_rating": 5.0, "rejected_rating": 2.0, "source": "mix", "chosen_model": "m"}
    row = {"id": "a", "prompt": "Why?", "chosen": [HI, GOOD], "rejected": [HI, BAD]} | more
    found = imported(write_lines(tmp_path / "t.jsonl", row))
    (made,) = found.rows
    assert isinstance(made, HumanPreference) and (made.score_chosen, made.score_rejected) == (5.0, 2.0)
    assert found.unused() == ["chosen_model", "id", "source"]


def test_scores_that_are_none_or_contradict_the_choice_reject(tmp_path: Path) -> None:
    row = {"chosen": [HI, GOOD], "rejected": [HI, BAD], "score_chosen": 2, "score_rejected": 1}
    found = imported(
        write_lines(
            tmp_path / "s.jsonl",
            row,
            row | {"score_rejected": 2},
            row | {"score_rejected": 3},
            row | {"score_chosen": float("nan")},
            row | {"score_chosen": float("inf")},
            row | {"score_chosen": "much"},
        )
    )
    assert reasons(found) == [
        (2, "tie: both answers have the same score"),
        (3, "the scores contradict the choice: 2 chosen, 3 rejected"),
        (4, "score_chosen is NaN or infinite"),
        (5, "score_chosen is NaN or infinite"),
        (6, "score_chosen 'much' is not a number"),
    ]


def test_orca_pairs_keep_their_system_text_and_no_tie(tmp_path: Path) -> None:
    row = {"system": "Be kind.", "question": "Why?", "chosen": "Because.\n", "rejected": "No."}
    found = imported(
        write_lines(
            tmp_path / "o.jsonl",
            row,
            row | {"status": "tie"},
            row | {"question": None},
            row | {"chosen": "No. "},
            row | {"system": ["x"]},
        )
    )
    (made,) = found.rows
    assert isinstance(made, HumanPreference) and found.format.name == "orca-dpo"
    assert [one.role for one in made.messages] == ["system", "user"] and made.chosen == "Because.\n"
    assert reasons(found) == [
        (2, "tie: its status says so"),
        (3, "question is empty or not text"),
        (4, "chosen and rejected are equal"),
        (5, "the system text is not one text"),
    ]


def test_sides_may_differ_in_their_calls_or_thought_alone(tmp_path: Path) -> None:
    call = {"role": "assistant", "content": "", "tool_calls": [{"id": "a", "name": "add", "arguments": {}}]}
    thought = GOOD | {"reasoning": "Hm."}
    by_calls, by_thought = taken(
        tmp_path,
        {"chosen": [HI, call], "rejected": [HI, BAD]},
        {"chosen": [HI, thought], "rejected": [HI, GOOD]},
    )
    assert [one.id for one in by_calls.chosen_tool_calls or []] == ["a"] and by_calls.rejected == "No."
    assert (by_thought.chosen_reasoning, by_thought.rejected_reasoning) == ("Hm.", None)


def test_pairs_about_tools_keep_them_and_negative_rows_are_none(tmp_path: Path) -> None:
    row = {"chosen": [HI, GOOD], "rejected": [HI, BAD], "tools": [{"name": "add"}]}
    found = imported(write_lines(tmp_path / "t.jsonl", row, row | {"label": False}))
    (made,) = found.rows
    assert isinstance(made, HumanPreference) and made.tools and made.tools[0].parameters == "{}"
    assert [reason.partition(",")[0] for _, reason in reasons(found)] == ["column label would be lost"]
