"""Messages in blocks are the turns that they stand for, or their row is rejected with its reason."""

from pathlib import Path
from typing import Any

import pytest

from datasets_registry.rows.conversation import Tool, ToolCall
from datasets_registry.rows.imported import ChatMessage, Demonstration
from tests.datasets_registry.samples import imported, reasons, write_lines

ASKED = {"role": "user", "content": [{"type": "text", "text": "1+1, 2+2?"}]}
THOUGHT = {"type": "thinking", "thinking": "I add.", "signature": "x"}
SAID = {"type": "text", "text": "A moment."}


def call(number: int) -> dict[str, Any]:
    """A call of ``add``."""
    return {"type": "tool_use", "id": f"c{number}", "name": "add", "input": {"x": number, "y": number}}


def result(number: int, content: Any) -> dict[str, Any]:
    """What ``add`` gave."""
    return {"type": "tool_result", "tool_use_id": f"c{number}", "content": content}


CALLS = {"role": "assistant", "content": [THOUGHT, SAID, call(1), call(2)]}
RESULTS = {
    "role": "user",
    "content": [result(1, "2"), result(2, [{"type": "text", "text": "4"}]), {"type": "text", "text": "So?"}],
}
ANSWER = {
    "role": "assistant",
    "content": [{"type": "redacted_thinking", "data": "?"}, SAID | {"text": "2, 4."}],
}
LOG = {
    "system": [{"type": "text", "text": "Be brief."}],
    "tools": [{"name": "add", "description": "Adds", "input_schema": {"type": "object"}}],
    "messages": [ASKED, CALLS, RESULTS, ANSWER],
}


def test_thought_calls_and_results_in_blocks_are_turns(tmp_path: Path) -> None:
    found = imported(write_lines(tmp_path / "log.jsonl", LOG))
    (row,) = found.rows
    assert isinstance(row, Demonstration)
    assert row.tools == [Tool(name="add", description="Adds", parameters='{"type": "object"}')]
    calls = [
        ToolCall(id=f"c{number}", name="add", arguments=f'{{"x": {number}, "y": {number}}}')
        for number in (1, 2)
    ]
    assert row.messages == [
        ChatMessage(role="system", content="Be brief."),
        ChatMessage(role="user", content="1+1, 2+2?"),
        ChatMessage(role="assistant", content="A moment.", reasoning="I add.", tool_calls=calls),
        ChatMessage(role="tool", content="2", tool_call_id="c1"),
        ChatMessage(role="tool", content="4", tool_call_id="c2"),
        ChatMessage(role="user", content="So?"),
    ]
    assert (row.completion, row.reasoning) == ("2, 4.", None)
    assert found.unused() == ["messages.content.redacted_thinking", "messages.content.signature"]


def test_a_trace_that_ends_with_results_is_learned_up_to_their_calls(tmp_path: Path) -> None:
    ended = RESULTS | {"content": [result(1, "2"), result(2, "4")]}
    plain = [
        {"role": "user", "content": "1+1?"},
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [{"function": {"name": "add", "arguments": "{}"}}],
        },
        {"role": "tool", "content": "2"},
    ]
    rows = imported(
        write_lines(tmp_path / "log.jsonl", {"messages": [ASKED, CALLS, ended]}, {"messages": plain})
    ).rows
    assert [len(row.tool_calls or ()) for row in rows if isinstance(row, Demonstration)] == [2, 1]


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ({"role": "user", "content": [{"type": "image"}]}, "a message of 'user' has a block 'image'"),
        ({"role": "user", "content": [call(1)]}, "a message of 'user' has a block 'tool_use'"),
        (
            {"role": "assistant", "content": [result(1, "2")]},
            "a message of 'assistant' has a block 'tool_result'",
        ),
        ({"role": "user", "content": [result(1, [{"type": "image"}])]}, "a message is not text"),
        ({"role": "user", "content": [result(1, 7)]}, "a message is not text"),
        (
            {"role": "assistant", "content": [SAID, THOUGHT]},
            "a message's blocks are not thought, text and calls",
        ),
        ({"role": "assistant", "content": [{"type": "thinking"}]}, "a message is not text"),
        (CALLS | {"tool_calls": [{"name": "add"}]}, "a message has tool_calls beside blocks of the same"),
        (CALLS | {"reasoning_content": "Hm."}, "a message has reasoning_content beside blocks"),
        ({"role": "assistant", "content": [{"type": "tool_use", "id": "c"}]}, "a tool call has no name"),
    ],
)
def test_blocks_that_no_turn_holds_reject_their_row_alone(
    tmp_path: Path, message: dict[str, Any], reason: str
) -> None:
    found = imported(write_lines(tmp_path / "log.jsonl", LOG, LOG | {"messages": [ASKED, message, ANSWER]}))
    assert found.accepted == 1
    ((line, said),) = reasons(found)
    assert line == 2 and said.startswith(reason)
