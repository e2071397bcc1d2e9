"""Public formats are recognised, and what they say is kept or rejected with a reason."""

from pathlib import Path
from typing import Any

import pytest

from datasets_registry.importing.formats import FORMATS
from datasets_registry.rows.imported import ChatMessage, Demonstration, HumanPreference, Problem
from datasets_registry.rows.row import Row
from tests.datasets_registry.samples import (
    ASKED,
    BINARIZED,
    CHAT,
    GSM8K,
    HH_RLHF,
    HUMANEVAL,
    SVAMP,
    imported,
    reasons,
    ultrafeedback,
    write_lines,
)
from tests.rows import make


@pytest.mark.parametrize(
    ("row", "name"),
    [
        (HH_RLHF, "hh-rlhf"),
        (BINARIZED, "preference"),
        (ultrafeedback("1", "5"), "ultrafeedback"),
        (GSM8K, "gsm8k"),
        (SVAMP, "svamp"),
        (HUMANEVAL, "humaneval"),
        (CHAT, "chat"),
    ],
)
def test_each_format_is_recognised_and_no_other_takes_it(row: dict[str, Any], name: str) -> None:
    assert [one.name for one in FORMATS if one.recognise(row)] == [name]


def test_hh_rlhf_gives_the_common_dialogue_and_both_answers(tmp_path: Path) -> None:
    (row,) = imported(write_lines(tmp_path / "hh.jsonl", HH_RLHF)).rows
    assert isinstance(row, HumanPreference)
    assert [one.role for one in row.messages] == ["user", "assistant", "user"]
    assert (row.prompt, row.chosen, row.rejected) == ("How are you?", "Well.", "Go away.")


def test_hh_rlhf_rows_that_are_no_comparison_are_rejected_with_their_reason(tmp_path: Path) -> None:
    chosen = HH_RLHF["chosen"]
    found = imported(
        write_lines(
            tmp_path / "hh.jsonl",
            HH_RLHF,
            {"chosen": chosen, "rejected": chosen},
            {"chosen": chosen, "rejected": "\n\nHuman: Other?\n\nAssistant: Yes."},
            {"chosen": chosen, "rejected": ASKED},
            {"chosen": chosen, "rejected": f"{ASKED}\n\nAssistant:"},
            {"chosen": chosen, "rejected": "Hello"},
            {"chosen": chosen, "rejected": None},
        )
    )
    assert reasons(found) == [
        (2, "chosen and rejected are equal"),
        (3, "chosen and rejected differ before the last answer"),
        (4, "the conversation does not end with an answer"),
        (5, "the last answer is empty"),
        (6, "a dialogue does not start with a human turn"),
        (7, "a dialogue is not text"),
    ]


def test_binarized_ultrafeedback_keeps_its_scores_and_drops_ties(tmp_path: Path) -> None:
    tie = BINARIZED | {"score_chosen": 2.5}
    found = imported(write_lines(tmp_path / "uf.jsonl", BINARIZED, tie))
    (row,) = found.rows
    assert isinstance(row, HumanPreference)
    assert (row.score_chosen, row.score_rejected, row.prompt) == (8.0, 2.5, "Why?")
    assert reasons(found) == [(2, "tie: both answers have the same score")]


def test_an_answer_alone_takes_its_context_from_the_prompt_column(tmp_path: Path) -> None:
    alone = {"prompt": "Why?", "chosen": BINARIZED["chosen"][1:], "rejected": BINARIZED["rejected"][1:]}  # type: ignore[index]
    (row,) = imported(write_lines(tmp_path / "uf.jsonl", alone)).rows
    assert isinstance(row, HumanPreference)
    assert row.messages == [ChatMessage(role="user", content="Why?")]


def test_ultrafeedback_pairs_the_best_rated_answer_with_the_worst(tmp_path: Path) -> None:
    found = imported(
        write_lines(
            tmp_path / "uf.jsonl",
            ultrafeedback("3", "5", "1"),
            ultrafeedback("4", "4"),
            ultrafeedback("4", "N/A"),
        )
    )
    (row,) = found.rows
    assert isinstance(row, HumanPreference)
    assert (row.chosen, row.rejected, row.score_chosen) == ("answer 1", "answer 2", 5.0)
    assert reasons(found) == [
        (2, "tie: all answers have the same score"),
        (3, "fewer than two rated answers"),
    ]


def test_gsm8k_gives_the_gold_answer_and_a_solution_without_calculator_marks(tmp_path: Path) -> None:
    found = imported(write_lines(tmp_path / "gsm8k.jsonl", GSM8K, GSM8K | {"answer": "1080"}))
    (row,) = found.rows
    assert isinstance(row, Problem)
    assert (row.answer, row.split) == ("1080", "train")
    assert row.steps == ["It is 1000+80 = 1080.", "#### 1080"] and row.solution == "\n".join(row.steps)
    assert reasons(found) == [(2, "there is no #### with an answer after it")]


def test_svamp_gives_its_equation_as_the_solution(tmp_path: Path) -> None:
    found = imported(write_lines(tmp_path / "svamp.jsonl", SVAMP, SVAMP | {"Answer": "many"}))
    (row,) = found.rows
    assert isinstance(row, Problem)
    assert (row.answer, row.family) == ("51", "subtraction")
    assert row.prompt == "A pack costs 76 dollars with 25 dollars off. What do you pay?"
    assert row.steps == ["76 - 25 = 51", "Answer: 51"]
    assert reasons(found) == [(2, "Answer 'many' is not a number")]


def test_humaneval_gives_tests_that_name_the_beginning_and_call_the_function(tmp_path: Path) -> None:
    called = HUMANEVAL | {"test": HUMANEVAL["test"] + "check(whole)\n"}
    unaided = HUMANEVAL | {"test": "def check(candidate):\n    assert candidate(3) == 6\n"}
    found = imported(write_lines(tmp_path / "humaneval.jsonl", HUMANEVAL, called, unaided))
    first, second, third = (row for row in found.rows if isinstance(row, Problem))
    assert (first.prompt, first.solution) == (HUMANEVAL["prompt"], HUMANEVAL["canonical_solution"])
    assert first.answer.startswith(f"PROMPT = {HUMANEVAL['prompt']!r}\n\nimport math\n\n\ndef half(x):")
    assert first.answer.endswith("\n\ncheck(whole)\n") and second.answer.count("check(whole)") == 1
    assert "def half" not in third.answer.partition("\n")[2]


def test_programs_that_cannot_be_tested_are_rejected_with_their_reason(tmp_path: Path) -> None:
    changes = (
        {"entry_point": "half"},
        {"prompt": "def whole(:"},
        {"prompt": "x = 1\n"},
        {"test": "assert whole(3) == 6"},
        {"test": None},
        {"test": "def check("},
    )
    found = imported(
        write_lines(tmp_path / "humaneval.jsonl", HUMANEVAL, *(HUMANEVAL | one for one in changes))
    )
    assert [reason.partition(":")[0] for _, reason in reasons(found)] == [
        "prompt does not end in the function half",
        "prompt is not Python",
        "prompt is not Python",
        "test does not define check",
        "test is empty or not text",
        "test is not Python",
    ]


def test_chats_are_demonstrations_of_their_last_answer(tmp_path: Path) -> None:
    parts = [{"type": "text", "text": "Hi"}]
    listed = {"messages": [{"role": "user", "content": parts}, {"role": "assistant", "content": "Yes."}]}
    tool = {"messages": [{"role": "robot", "content": "x"}, *listed["messages"]]}
    image = {"messages": [{"role": "user", "content": [{"type": "image"}]}, *listed["messages"]]}
    found = imported(write_lines(tmp_path / "chat.jsonl", CHAT, listed, tool, image, {"messages": []}))
    assert [one.completion for one in found.rows if isinstance(one, Demonstration)] == ["Hello.", "Yes."]
    assert reasons(found) == [
        (3, "a message has the unknown role 'robot'"),
        (4, "a message of 'user' has a block 'image', for which rows have no place"),
        (5, "the conversation is not a list of messages"),
    ]


@pytest.mark.parametrize("row", [Demonstration, HumanPreference, Problem])
def test_rows_exported_before_an_optional_column_was_added_are_read_as_rows(
    row: type[Row], tmp_path: Path
) -> None:
    content = make(row).model_dump(mode="json")
    earlier = {column: value for column, value in content.items() if row.model_fields[column].is_required()}
    rows = imported(write_lines(tmp_path / "earlier.jsonl", earlier))
    assert rows.format.name == "rows" and list(rows.rows) == [make(row)]
