"""What is sent to the Messages API, field for field, and what is refused before anything is."""

import json
from pathlib import Path
from typing import Any

import pytest

from datasets_registry.hosted import Hosted, hosted_folder
from datasets_registry.rows.conversation import Tool, ToolCall
from generation.request import Message, Request, SamplingParams
from tests.generation.anthropic_api.serving import echo, serving
from tests.generation.serving import ask, finished

SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": False}


def turn(role: str, content: str, **fields: Any) -> Message:
    """One turn."""
    return Message.model_validate({"role": role, "content": content, **fields})


def sent(request: Request, folder: Path) -> dict[str, Any]:
    """The body that the request becomes."""
    with serving(echo, folder) as (server, backend):
        assert finished(backend, [request])[0].error is None
    (call,) = server.calls
    assert call.path == "/v1/messages"
    return call.body


def test_a_plain_request_is_its_words_and_their_limit_alone(tmp_path: Path) -> None:
    assert sent(ask("hi", max_tokens=9), tmp_path) == {
        "model": "claude-1",
        "max_tokens": 9,
        "messages": [{"role": "user", "content": "hi"}],
    }


def test_what_is_set_is_sent(tmp_path: Path) -> None:
    params = SamplingParams(temperature=0.5, top_p=0.9, max_tokens=9, stop=("END",))
    system = [turn("system", "Be brief."), turn("system", "Be kind.")]
    messages = (*system, turn("user", "a"), turn("user", "b"), turn("assistant", "c"), turn("user", "d"))
    body = sent(Request(messages=messages, params=params, answer_schema=json.dumps(SCHEMA)), tmp_path)
    assert body == {
        "model": "claude-1",
        "max_tokens": 9,
        "system": "Be brief.\n\nBe kind.",
        "messages": [
            {"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]},
            {"role": "assistant", "content": "c"},
            {"role": "user", "content": "d"},
        ],
        "stop_sequences": ["END"],
        "temperature": 0.5,
        "top_p": 0.9,
        "output_config": {"format": {"type": "json_schema", "schema": SCHEMA}},
    }


def test_tools_calls_and_their_results_are_blocks(tmp_path: Path) -> None:
    calls = [ToolCall(id=name, name="add", arguments='{"a": 1}') for name in ("first", "second")]
    messages = (
        turn("user", "12+7=?"),
        turn("assistant", "", tool_calls=calls),
        turn("tool", "19", name="add"),
        turn("tool", "20", tool_call_id="second"),
        turn("user", "So?"),
    )
    tools = (Tool(name="add", description="Adds", parameters='{"type": "object"}'),)
    body = sent(Request(messages=messages, tools=tools), tmp_path)
    assert body["tools"] == [{"name": "add", "description": "Adds", "input_schema": {"type": "object"}}]
    called = [{"type": "tool_use", "id": call.id, "name": "add", "input": {"a": 1}} for call in calls]
    assert body["messages"][1:] == [
        {"role": "assistant", "content": called},
        {
            "role": "user",
            "content": [
                {"type": "tool_result", "tool_use_id": "first", "content": "19"},
                {"type": "tool_result", "tool_use_id": "second", "content": "20"},
                {"type": "text", "text": "So?"},
            ],
        },
    ]


USER = turn("user", "hi")
CALLING = turn("assistant", "", tool_calls=[ToolCall(id="1", name="add", arguments="{}")])
UNSERVED: dict[str, tuple[Request, str]] = {
    "an unfinished turn": (
        Request(messages=(USER, turn("assistant", "I "))),
        "continues no unfinished turn: let the model begin",
    ),
    "choices": (ask("hi", choices=("A", "B")), "gives no probabilities: ask in words or by a schema"),
    "a continuation": (Request(messages=(USER,), continuation="yes"), "gives no probabilities"),
    "heat": (ask("hi", temperature=1.5), "no temperature above 1, as 1.5 is: lower it"),
    "a blank stop": (ask("hi", stop=("\n",)), r"no white space alone, as '\n' is: take another"),
    "no user": (Request(messages=(turn("assistant", "I"), turn("system", "S"))), "put it at the head"),
    "a late system": (Request(messages=(USER, turn("system", "S"))), "message 2 is a system's behind"),
    "nobody's turn": (Request(messages=(turn("system", "S"),)), "does not begin with a user's turn"),
    "a thought": (
        Request(messages=(USER, turn("assistant", "I", reasoning="hm"), USER)),
        "remove it from message 2",
    ),
    "a name": (Request(messages=(turn("user", "hi", name="Ada"),)), "no place for a speaker's name"),
    "a stray result": (Request(messages=(USER, turn("tool", "19"))), "answers no call of the turn before"),
    "another's result": (
        Request(messages=(USER, CALLING, turn("tool", "19", name="multiply"))),
        "message 3, the tool's, answers no call",
    ),
    "broken arguments": (
        Request(
            messages=(
                USER,
                turn("assistant", "", tool_calls=[ToolCall(id="1", name="add", arguments="[1")]),
                turn("tool", "19"),
            )
        ),
        "arguments of tool call '1' are not a JSON object",
    ),
}


@pytest.mark.parametrize("kind", UNSERVED)
def test_what_the_api_has_no_place_for_is_a_failed_row_and_never_sent(tmp_path: Path, kind: str) -> None:
    request, reason = UNSERVED[kind]
    with serving(echo, tmp_path) as (server, backend):
        bad, good = finished(backend, [request, ask("well")])
    assert good.text == "re: well" and [call.prompt for call in server.calls] == ["well"]
    assert bad.finish_reason == "error" and reason in str(bad.error)


@pytest.mark.parametrize(("params", "old"), [({}, False), ({"temperature": 0}, True), ({"top_p": 0.5}, True)])
def test_the_version_of_the_api_that_has_temperature_is_asked_for_where_one_is_set(
    tmp_path: Path, params: dict[str, Any], old: bool
) -> None:
    with serving(echo, tmp_path) as (server, backend):
        finished(backend, [ask("hi", **params)])
    (call,) = server.calls
    assert (call.headers["anthropic-version"] == "2023-06-01") == old
    assert call.body.keys() & {"temperature", "top_p"} == params.keys()


@pytest.mark.parametrize(
    ("thinking", "told"),
    [
        (None, {}),
        (True, {"thinking": {"type": "adaptive", "display": "summarized"}}),
        (False, {"thinking": {"type": "disabled"}}),
    ],
)
def test_a_model_is_told_to_think_as_its_version_says(
    tmp_path: Path, thinking: bool | None, told: dict[str, Any]
) -> None:
    hosted = Hosted(provider="here", model="claude-1", stated="claude-1", thinking=thinking)
    body = sent(ask("hi", max_tokens=9), hosted_folder(tmp_path, hosted))
    assert {name: body[name] for name in body.keys() - {"model", "max_tokens", "messages"}} == told
    assert ("thinking" in hosted.model_dump()) == (thinking is not None)
