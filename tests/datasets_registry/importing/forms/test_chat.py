"""Conversations keep who speaks, tools, calls, thought, weight and white space, or say why not."""

from pathlib import Path
from typing import Any

import pytest

from datasets_registry.rows.imported import Demonstration, UnpairedPreference
from tests.datasets_registry.samples import imported, reasons, write_lines

HI = {"role": "user", "content": "Hi"}
YES = {"role": "assistant", "content": "Yes."}
ADD = {"name": "add", "description": "Adds.", "parameters": {"type": "object"}}
CALL = {"type": "function", "function": {"name": "add", "arguments": {"a": 1}}}


def taken(folder: Path, *rows: Any) -> list[Demonstration]:
    """The demonstrations of a file with these rows."""
    found = imported(write_lines(folder / "rows.jsonl", *rows))
    assert not found.rejections, reasons(found)
    return [row for row in found.rows if isinstance(row, Demonstration)]


def test_tools_calls_and_results_are_kept(tmp_path: Path) -> None:
    calls = {"role": "assistant", "content": None, "tool_calls": [CALL | {"id": "c1"}, CALL]}
    result = {"role": "tool", "content": "3", "tool_call_id": "c1", "name": "add"}
    chat = {"messages": [HI, calls, result, YES], "tools": [{"type": "function", "function": ADD}]}
    (row,) = taken(tmp_path, chat)
    (tool,) = row.tools or []
    assert (tool.name, tool.description, tool.parameters) == ("add", "Adds.", '{"type": "object"}')
    _, called, answered = row.messages
    assert called.content == "" and [one.id for one in called.tool_calls or []] == ["c1", "call_1_1"]
    assert {one.arguments for one in called.tool_calls or []} == {'{"a": 1}'}
    assert (answered.role, answered.tool_call_id, answered.name) == ("tool", "c1", "add")
    assert (row.prompt, row.completion) == ("Hi", "Yes.")


@pytest.mark.parametrize(
    ("caller", "tool", "speaker"),
    [("function_call", "observation", "gpt"), ("tool_call", "tool_response", "ai")],
)
def test_older_ways_to_write_calls_are_read_too(tmp_path: Path, caller: str, tool: str, speaker: str) -> None:
    old = {"role": "assistant", "content": "", "function_call": {"name": "add", "arguments": "{}"}}
    answer = {"role": "function", "name": "add", "content": "3"}
    spoken = [
        {"from": "human", "value": "Hi"},
        {"from": caller, "value": '{"name": "add", "arguments": {"a": 1}}'},
        {"from": tool, "value": "3"},
        {"from": speaker, "value": "Yes."},
    ]
    by_name, by_speaker = taken(
        tmp_path, {"messages": [HI, old, answer, YES], "functions": [ADD]}, {"conversations": spoken}
    )
    assert by_name.tools and [one.name for one in by_name.messages[1].tool_calls or []] == ["add"]
    assert [one.role for one in by_speaker.messages] == ["user", "assistant", "tool"]
    assert [one.arguments for one in by_speaker.messages[1].tool_calls or []] == ['{"a": 1}']


def test_thought_weight_and_system_text_of_earlier_turns_are_kept(tmp_path: Path) -> None:
    thought = YES | {"reasoning_content": "Hm.", "weight": 0}
    row, as_column = taken(
        tmp_path,
        {"messages": [{"role": "developer", "content": "Be kind."}, HI, thought, HI, YES | {"weight": 1}]},
        {"system": "Be kind.", "messages": [HI, YES]},
    )
    assert [one.role for one in row.messages] == ["system", "user", "assistant", "user"]
    assert (row.messages[2].reasoning, row.messages[2].trainable) == ("Hm.", False)
    assert [one.content for one in as_column.messages] == ["Be kind.", "Hi"]


def test_the_thought_and_calls_of_the_last_answer_are_kept(tmp_path: Path) -> None:
    call = {"role": "assistant", "content": None, "tool_calls": [CALL], "thinking": "Add."}
    called, thought, plain = taken(
        tmp_path,
        {"messages": [HI, call]},
        {"messages": [HI, YES | {"reasoning": "Hm."}]},
        {"messages": [HI, YES]},
    )
    assert (called.completion, called.reasoning) == ("", "Add.")
    assert [one.name for one in called.tool_calls or []] == ["add"]
    assert (thought.completion, thought.reasoning, plain.reasoning) == ("Yes.", "Hm.", None)
    assert thought.id != plain.id


def test_rows_that_would_lose_their_meaning_are_rejected(tmp_path: Path) -> None:
    bad: list[Any] = [
        {"messages": [HI, {"role": "assistant", "content": " "}]},
        {"messages": [HI, YES | {"reasoning": "Hm.", "thinking": "Ha."}]},
        {"messages": [HI, YES | {"weight": 0}]},
        {"messages": [HI, YES | {"weight": 0.5}]},
        {"messages": [HI, YES | {"refusal": "No."}]},
        {"messages": [HI, {"role": "tool", "content": "3"}, {"role": "assistant", "content": None}]},
        {"messages": [HI | {"tool_calls": [CALL]}, YES]},
        {"messages": [HI, YES], "tools": "{"},
        {"messages": [HI, YES], "system": 3},
        {"messages": [{"role": "system", "content": "a"}, HI, YES], "system": "b"},
        {"messages": [HI, YES], "weight": 0},
        {"messages": [HI, YES | {"reasoning": "Hm."}], "reasoning": "Ha."},
    ]
    found = imported(write_lines(tmp_path / "chat.jsonl", {"messages": [HI, YES]}, *bad))
    assert len(found.rows) == 1
    assert [reason.partition(", and the row")[0] for _, reason in reasons(found)] == [
        "the last answer is empty",
        "a thought is not one text",
        "the last answer is marked as not to be learned",
        "a message's weight 0.5 is neither 0 nor 1",
        "a message has refusal, for which rows have no place",
        "a message is not text",
        "a message of the user calls tools",
        "tools is not JSON",
        "the system text is not one text",
        "the system column and the conversation's system turn differ",
        "column weight would be lost",
        "the thought's column and the last answer's differ",
    ]


def test_columns_and_message_fields_that_no_row_has_are_named(tmp_path: Path) -> None:
    chat = {"messages": [HI | {"timestamp": 1}, YES], "id": 7, "label": "good"}
    found = imported(write_lines(tmp_path / "chat.jsonl", chat))
    assert found.accepted == 1 and found.unused() == ["id", "label", "messages.timestamp"]


def test_white_space_around_texts_is_kept(tmp_path: Path) -> None:
    said = [{"role": "user", "content": "  code:\n"}, {"role": "assistant", "content": "\tx = 1\n"}]
    (row,) = taken(tmp_path, {"messages": said})
    assert (row.prompt, row.completion) == ("  code:\n", "\tx = 1\n")


@pytest.mark.parametrize(
    "row",
    [
        {"prompt": "Hi", "completion": "Yes."},
        {"prompt": [HI], "completion": [YES]},
        {"instruction": "Hi", "input": "", "output": "Yes."},
        {"instruction": "Hi", "output": "Yes."},
    ],
)
def test_prompts_with_completions_and_instructions_are_demonstrations(
    tmp_path: Path, row: dict[str, Any]
) -> None:
    (made,) = taken(tmp_path, row)
    assert (made.prompt, made.completion) == ("Hi", "Yes.")


def test_an_instruction_has_its_input_below_and_earlier_rounds_before(tmp_path: Path) -> None:
    row = {
        "instruction": "Sum.",
        "input": "1 2",
        "output": "3",
        "system": "Be brief.",
        "history": [["a", "b"]],
    }
    (made,) = taken(tmp_path, row)
    assert [(one.role, one.content) for one in made.messages] == [
        ("system", "Be brief."),
        ("user", "a"),
        ("assistant", "b"),
        ("user", "Sum.\n\n1 2"),
    ]
    found = imported(
        write_lines(
            tmp_path / "a.jsonl", row, row | {"history": ["a"]}, row | {"output": " "}, row | {"input": 1}
        )
    )
    assert reasons(found) == [
        (2, "history is not a list of questions with answers"),
        (3, "output is empty or not text"),
        (4, "input is not text"),
    ]


def test_the_thought_of_an_answer_may_be_a_column(tmp_path: Path) -> None:
    (row,) = taken(tmp_path, {"prompt": "Hi", "completion": "Yes.", "thinking": "Hm."})
    assert (row.completion, row.reasoning) == ("Yes.", "Hm.")


def test_labels_in_cells_of_text_are_labels_too(tmp_path: Path) -> None:
    (tmp_path / "u.csv").write_text("prompt,completion,label\nHi,Yes.,True\nHi,No.,false\n")
    found = imported(tmp_path / "u.csv")
    assert [one.accepted for one in found.rows if isinstance(one, UnpairedPreference)] == [True, False]


def test_labelled_answers_are_unpaired_preferences(tmp_path: Path) -> None:
    row = {"prompt": "Hi", "completion": "Yes.", "label": False}
    found = imported(
        write_lines(
            tmp_path / "u.jsonl",
            row,
            {"messages": [HI, YES | {"content": "No."}], "label": 1},
            row | {"label": "bad"},
            row | {"label": True},
            row | {"completion": ""},
        )
    )
    assert found.format.name == "unpaired"
    labels = [(one.completion, one.accepted) for one in found.rows if isinstance(one, UnpairedPreference)]
    assert labels == [("Yes.", False), ("No.", True)]
    assert reasons(found) == [
        (3, "label is not true or false"),
        (4, "id is that of line 1, which has other content"),
        (5, "completion is empty or not text"),
    ]
