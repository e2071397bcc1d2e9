"""What the answers of the Messages API become: texts with their thought, or rows with their reasons."""

import re
from pathlib import Path
from typing import Any

import pytest

from generation.request import Completion
from tests.generation.anthropic_api.serving import message, serving, words
from tests.generation.misbehaving_server import Answer
from tests.generation.serving import ask, finished

THOUGHT = {"type": "thinking", "thinking": "12 and 7", "signature": "x"}
HIDDEN = {"type": "thinking", "thinking": "", "signature": "x"}
TOOL = {"type": "tool_use", "id": "1", "name": "add", "input": {}}
DECLINED = {"type": "refusal", "category": "bio", "explanation": "It may\nharm."}


def answered(content: Any, folder: Path) -> Completion:
    """The completion that this answer becomes; it cost what the server says in any case."""
    with serving(lambda call: Answer(content), folder) as (_, backend):
        (completion,) = finished(backend, [ask("hi")])
    return completion


@pytest.mark.parametrize(
    ("stop", "finish"),
    [
        ("end_turn", "stop"),
        ("stop_sequence", "stop"),
        ("max_tokens", "length"),
        ("model_context_window_exceeded", "length"),
    ],
)
def test_a_text_ends_by_itself_or_at_a_limit(tmp_path: Path, stop: str, finish: str) -> None:
    completion = answered(message(words("a"), words("b"), stop=stop), tmp_path)
    assert (completion.text, completion.finish_reason, completion.error) == ("ab", finish, None)
    counts = (completion.num_prompt_tokens, completion.num_cached_tokens, completion.num_completion_tokens)
    assert counts == (127, 20, 3)


def test_thought_is_kept_and_is_no_part_of_the_text(tmp_path: Path) -> None:
    blocks = (THOUGHT, {"type": "redacted_thinking", "data": "x"}, words("19"), THOUGHT)
    completion = answered(message(*blocks), tmp_path)
    assert (completion.text, completion.thought) == ("19", "12 and 7\n\n12 and 7")
    assert answered(message(HIDDEN, words("19")), tmp_path).thought is None


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (
            message(stop="refusal", stop_details=DECLINED),
            "stopped the answer as bio.*'refusal' .It may harm.",
        ),
        (message(words("I"), stop="refusal"), "stopped the answer, stop_reason 'refusal'"),
        (message(TOOL, stop="tool_use"), "answered with a tool call"),
        (message(words("I"), TOOL, stop="max_tokens"), "answered with a tool call"),
        (message(words("I"), stop="pause_turn"), "ended with stop_reason 'pause_turn'"),
        (message(words("I"), stop=None), "ended with stop_reason None"),
        (message({"type": "server_tool_use"}), "a block of type 'server_tool_use'"),
        (message(words(7)), "answered with 7 in place of a text"),
    ],
)
def test_what_is_no_text_is_a_failed_row_with_what_it_cost(tmp_path: Path, content: Any, reason: str) -> None:
    completion = answered(content, tmp_path)
    assert completion.finish_reason == "error" and completion.text == ""
    assert re.search(reason, str(completion.error))
    assert completion.num_prompt_tokens == 127


def test_a_good_answer_is_kept_where_counts_are_odd(tmp_path: Path) -> None:
    odd: tuple[Any, ...] = (None, {"input_tokens": "many"}, [])
    for usage in odd:
        completion = answered(message(words("a"), usage=usage), tmp_path)
        assert (completion.text, completion.num_prompt_tokens) == ("a", 0)
