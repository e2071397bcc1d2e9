"""Tools, their calls and reasoning over the wire, and the likelihood of given texts."""

import re
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest

from datasets_registry.rows.conversation import Tool, ToolCall
from generation.completer import Completer
from generation.ledger.ledger import Ledger
from generation.request import Message, Request
from tests.generation.known_model import ask
from tests.generation.misbehaving_server import Answer, Call, refused, spoken
from tests.generation.serving import echo, finished, serving
from tests.generation.test_turns import TOOL_TEMPLATE

ASKED = Message(role="user", content="12+7=?", name="Ada")
CALL = ToolCall(id="1", name="add", arguments='{"terms":[12, 7]}')
CALLING = Message(role="assistant", content="", tool_calls=(CALL,), trainable=True)
ANSWERED = Message(role="tool", content="19", tool_call_id="1")
REQUEST = Request(
    messages=(ASKED, CALLING, ANSWERED), tools=(Tool(name="add", description="Adds", parameters='{"a":1}'),)
)


def test_tools_and_calls_are_sent_in_the_protocols_words(tmp_path: Path) -> None:
    with serving(echo, tmp_path, owner="somebody") as (server, backend):
        assert finished(backend, [REQUEST])[0].text == "re: 19"
    sent = server.calls[0].body
    assert sent["messages"] == [
        {"role": "user", "content": "12+7=?", "name": "Ada"},
        {
            "role": "assistant",
            "content": "",
            "tool_calls": [
                {"type": "function", "id": "1", "function": {"name": "add", "arguments": '{"terms":[12, 7]}'}}
            ],
        },
        {"role": "tool", "content": "19", "tool_call_id": "1"},
    ]
    function = {"name": "add", "description": "Adds", "parameters": {"a": 1}}
    assert sent["tools"] == [{"type": "function", "function": function}] and "tool_choice" not in sent


def test_a_vllm_server_gives_calls_as_text(tmp_path: Path) -> None:
    with serving(echo, tmp_path) as (server, backend):
        finished(backend, [REQUEST])
    assert server.calls[0].body["tool_choice"] == "none"


def test_a_tool_call_for_an_answer_is_a_failed_row(tmp_path: Path) -> None:
    reply = spoken(None, finish="tool_calls")
    reply["choices"][0]["message"]["tool_calls"] = [{"id": "1"}]
    with serving(lambda call: Answer(reply), tmp_path) as (_, backend):
        (completion,) = finished(backend, [REQUEST])
    assert completion.finish_reason == "error" and "answered with a tool call" in str(completion.error)
    assert completion.num_completion_tokens == 3


@pytest.mark.parametrize(
    ("fields", "thought"),
    [
        ({"reasoning_content": "12 and 7"}, "12 and 7"),
        ({"reasoning": "12 and 7"}, "12 and 7"),
        ({"reasoning_content": None, "reasoning": "12 and 7"}, "12 and 7"),
        ({"reasoning_content": ["odd"], "reasoning": ""}, None),
    ],
    ids=str,
)
def test_thought_in_a_field_of_its_own_is_kept_and_is_no_answer(
    fields: dict[str, Any], thought: str | None, tmp_path: Path
) -> None:
    reply = spoken("19")
    reply["choices"][0]["message"] |= fields
    with serving(lambda call: Answer(reply), tmp_path, owner="somebody") as (_, backend):
        ledger = Ledger(tmp_path / "ledger")
        complete = Completer(backend, ledger, asset="a", report=lambda line: None)
        (made,) = complete("x", [ask("12+7=?")])
        (stored,) = complete("x", [ask("12+7=?")])
    assert (made.text, made.thought) == ("19", thought) and stored == made
    assert ledger.ask("SELECT text, thought FROM completions") == [{"text": "19", "thought": thought}]


def test_reasoning_is_sent_only_where_it_is_seen_to_be_read(tmp_path: Path, tiny_model: Path) -> None:
    thought = Message(role="assistant", content="19", reasoning="12 and 7")
    request = Request(messages=(ask("12+7=?").messages[0], thought, ask("Sure?").messages[0]))
    knowing = copytree(tiny_model, tmp_path / "knowing")
    (knowing / "chat_template.jinja").write_text(TOOL_TEMPLATE)
    for folder, owner, reason in (
        (tmp_path, "vllm", "only a vLLM server, with the model's tokenizer"),
        (knowing, "somebody", "only a vLLM server, with the model's tokenizer"),
        (tiny_model, "vllm", "leaves out reasoning of message 2"),
        (knowing, "vllm", None),
    ):
        with serving(echo, folder, owner=owner) as (server, backend):
            (completion,) = finished(backend, [request])
        assert (reason is None) == (completion.error is None) and (reason or "") in str(completion.error)
        assert len(server.calls) == (1 if reason is None else 0)
    assert server.calls[0].body["messages"][1]["reasoning"] == "12 and 7"


def test_control_tokens_in_arguments_stay_text(tiny_model: Path, tmp_path: Path) -> None:
    knowing = copytree(tiny_model, tmp_path / "knowing")
    (knowing / "chat_template.jinja").write_text(TOOL_TEMPLATE)
    calls = tuple(
        ToolCall(id="1", name="add", arguments=arguments)
        for arguments in ('{"a": "\\u003c|im_end|>"}', '{"a": 1.0}')
    )
    calling = CALLING.model_copy(update={"tool_calls": calls})
    with serving(echo, knowing) as (server, backend):
        finished(backend, [Request(messages=(ask("hi").messages[0], calling, ANSWERED))])
    sent = [call["function"]["arguments"] for call in server.calls[0].body["messages"][1]["tool_calls"]]
    assert sent == ['{"a": "<\u200b|im_end|>"}', '{"a": 1.0}']


GIVEN = ask("hello", continuation="there")


def echoed(logprobs: Any) -> Answer:
    """A completion of the older protocol, with this for its log-probabilities."""
    return Answer({"choices": [{"index": 0, "text": "", "logprobs": logprobs}]})


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (refused(404, "no such route"), "no /v1/completions.*or the backend transformers or vllm"),
        (refused(400, "echo is not supported"), "refused the request, HTTP 400: echo is not supported"),
        (echoed(None), "does not give the log-probabilities of what it reads"),
        (echoed({"token_logprobs": [-1.0]}), "does not give the log-probabilities of what it reads"),
    ],
)
def test_a_server_that_does_not_offer_likelihoods_is_a_failed_row_with_the_remedy(
    tiny_model: Path, answer: Answer, reason: str
) -> None:
    def reply(call: Call) -> Answer:
        return answer if call.path == "/v1/completions" else echo(call)

    with serving(reply, tiny_model) as (_, backend):
        given, text = finished(backend, [GIVEN, ask("hello")])
    assert text.error is None and given.finish_reason == "error"
    assert re.search(reason, str(given.error))


@pytest.mark.parametrize("odd", [None, "x", []])
def test_an_odd_log_probability_of_a_text_is_a_failed_row(tiny_model: Path, odd: Any) -> None:
    def reply(call: Call) -> Answer:
        num_read = len(call.body["prompt"])
        given = [-1.0] * (num_read - 1)
        return echoed({"token_logprobs": [*given, odd], "top_logprobs": [{"a": -1.0}] * num_read})

    with serving(reply, tiny_model) as (_, backend):
        (given,) = finished(backend, [GIVEN])
    assert "does not give the log-probabilities of what it reads" in str(given.error)


def test_a_likelihood_needs_the_models_own_tokenizer(tmp_path: Path) -> None:
    with serving(echo, tmp_path) as (server, backend):
        (given,) = finished(backend, [GIVEN])
    assert "needs the model's own tokenizer and chat template" in str(given.error) and server.calls == []
