"""Each dialect takes, heeds, refuses and ignores what its model does."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from generation.loopback.dialects import CLAUDE, DIALECTS, GPT4, GPT5, LLAMA_CPP, SILENT, VLLM, Dialect
from generation.loopback.refusals import Refused
from generation.loopback.script import Asked, Said
from generation.loopback.server import LoopbackServer
from tests.generation.loopback.asking import ANTHROPIC, HELLO, chat, message, said, send

BEGUN = [*HELLO, {"role": "assistant", "content": "four"}]
SCHEMA = {"type": "object", "properties": {"verdict": {"enum": ["A", "B"]}}, "required": ["verdict"]}
FORMAT = {"type": "json_schema", "json_schema": {"name": "answer", "schema": SCHEMA}}


def judge(asked: Asked) -> Said:
    """Says how it was asked, and a verdict."""
    how = "on" if asked.begun else "new"
    return Said(
        f"{how} Verdict: B {asked.noise}".strip(), thought="hm hm", probabilities={"A": 0.2, "B": 0.7}
    )


@contextmanager
def serving(dialect: Dialect) -> Iterator[LoopbackServer]:
    """A server of the dialect."""
    with LoopbackServer(dialect, judge) as server:
        yield server


@pytest.mark.parametrize("name", DIALECTS)
def test_each_lists_its_model_and_states_it(name: str) -> None:
    with serving(DIALECTS[name]) as server:
        _, listed = send(server, "GET", "/v1/models")
        _, reply = chat(server)
    assert [model["id"] for model in listed["data"]] == [server.dialect.model]
    assert reply["model"] == (server.dialect.states or server.dialect.model)
    assert reply["usage"]["completion_tokens"] > 0 and len(server.paid) == 1


HEEDED = {
    "gpt-4": {
        "temperature",
        "seed",
        "n",
        "stop",
        "max_tokens",
        "max_completion_tokens",
        "schema",
        "logprobs",
    },
    "gpt-5": {"seed", "n", "max_completion_tokens", "schema"},
    "claude": {"stop", "max_tokens", "max_completion_tokens"},
    "silent": set[str](),
}
HEEDED["vllm"] = HEEDED["llama.cpp"] = HEEDED["gpt-4"] | {"thought"}
REFUSED = {"gpt-5": {"temperature", "stop", "max_tokens", "logprobs"}, "claude": {"n"}}


def effects(server: LoopbackServer) -> dict[str, bool | None]:
    """For each field whether it changed the reply; None where it was refused."""

    def reply(**fields: object) -> dict[str, object] | None:
        status, body = chat(server, **fields)
        return dict(body) if status == 200 else None

    def text(body: object) -> str:
        return str(body["choices"][0]["message"]["content"])  # type: ignore[index]

    tried = {
        "temperature": [reply(temperature=0), reply(temperature=0)],
        "seed": [reply(seed=1), reply(seed=1)],
        "n": [reply(n=2)],
        "stop": [reply(stop=["Verdict"])],
        "max_tokens": [reply(max_tokens=10)],
        "max_completion_tokens": [reply(max_completion_tokens=10)],
        "schema": [reply(response_format=FORMAT)],
        "logprobs": [reply(logprobs=True, top_logprobs=5)],
        "thought": [reply()],
    }
    shown: dict[str, Callable[..., bool]] = {
        "temperature": lambda a, b: text(a) == text(b),
        "seed": lambda a, b: text(a) == text(b),
        "n": lambda a: len(a["choices"]) == 2,
        "stop": lambda a: "Verdict" not in text(a),
        "max_tokens": lambda a: a["choices"][0]["finish_reason"] == "length",
        "max_completion_tokens": lambda a: a["choices"][0]["finish_reason"] == "length",
        "schema": lambda a: text(a) == '{"verdict": "B"}',
        "logprobs": lambda a: a["choices"][0]["logprobs"] is not None,
        "thought": lambda a: {"reasoning", "reasoning_content"} & set(a["choices"][0]["message"]) != set(),
    }
    return {name: None if None in got else bool(shown[name](*got)) for name, got in tried.items()}


def long_winded(asked: Asked) -> Said:
    """The judge's words, and more than ten of them."""
    reply = judge(asked)
    return Said(f"{reply.text} {'word ' * 12}", reply.thought, probabilities=reply.probabilities)


@pytest.mark.parametrize("name", DIALECTS)
def test_each_heeds_its_fields_and_no_others(name: str) -> None:
    with LoopbackServer(DIALECTS[name], long_winded) as server:
        found = effects(server)
    assert {field for field, effect in found.items() if effect is None} == REFUSED.get(name, set())
    assert {field for field, effect in found.items() if effect} == HEEDED[name]


@pytest.mark.parametrize(
    ("dialect", "fields", "sentence"),
    [
        (GPT4, {"top_k": 3}, "Unrecognized request argument supplied: top_k"),
        (GPT4, {"logprob_token_ids": [3]}, "Unrecognized request argument supplied: logprob_token_ids"),
        (GPT4, {"logprobs": True, "top_logprobs": 21}, "at most 20"),
        (GPT4, {"temperature": 3}, "Invalid value for 'temperature'"),
        (SILENT, {"stream": True}, "Invalid value for 'stream'"),
        (GPT5, {"max_tokens": 9}, "Use 'max_completion_tokens' instead."),
        (GPT5, {"temperature": 0}, "does not support 0.0 with this model. Only the default"),
        (CLAUDE, {"messages": BEGUN}, "must end with a user message"),
        (LLAMA_CPP, {"messages": [*BEGUN, BEGUN[-1]]}, "2 or more assistant messages"),
        (VLLM, {"messages": BEGUN, "continue_final_message": True}, "Cannot set both"),
        (VLLM, {"model": "other"}, "The model `other` does not exist"),
        (GPT4, {"model": "other"}, "The model `other` does not exist"),
    ],
)
def test_a_refusal_names_the_field(dialect: Dialect, fields: dict[str, object], sentence: str) -> None:
    with serving(dialect) as server:
        status, reply = chat(server, **fields)
    assert status in (400, 404) and sentence in reply["error"]["message"] and server.paid == []


def test_fields_that_say_nothing_are_refused_nowhere() -> None:
    with serving(GPT5) as server:
        assert said(server, temperature=1, top_p=1.0, logprobs=False, seed=1).startswith("new")


@pytest.mark.parametrize(
    ("dialect", "fields", "begins"),
    [
        (GPT4, {}, "new"),
        (SILENT, {}, "new"),
        (LLAMA_CPP, {}, "on"),
        (VLLM, {}, "new"),
        (VLLM, {"continue_final_message": True, "add_generation_prompt": False}, "on"),
    ],
)
def test_an_unfinished_turn_is_continued_where_the_server_does(
    dialect: Dialect, fields: dict[str, object], begins: str
) -> None:
    with serving(dialect) as server:
        assert said(server, messages=BEGUN, **fields).split()[0] == begins


def test_hidden_thought_is_billed_and_takes_the_room_of_the_answer() -> None:
    with serving(GPT5) as server:
        _, whole = chat(server)
        _, empty = chat(server, max_completion_tokens=8)
    assert whole["usage"]["completion_tokens_details"]["reasoning_tokens"] == 8
    assert whole["usage"]["completion_tokens"] > 8 and "reasoning" not in whole["choices"][0]["message"]
    assert empty["choices"][0]["message"]["content"] == "" and empty["usage"]["completion_tokens"] == 8
    assert empty["choices"][0]["finish_reason"] == "length"


def test_the_first_tokens_probabilities_are_the_scripts() -> None:
    with serving(GPT4) as server:
        _, reply = chat(server, logprobs=True, top_logprobs=1)
    (top,) = reply["choices"][0]["logprobs"]["content"][0]["top_logprobs"]
    assert top["token"] == "B" and top["logprob"] == pytest.approx(-0.3567, abs=1e-4)


def test_messages_are_answered_in_blocks_with_their_reason_to_stop() -> None:
    with serving(CLAUDE) as server:
        whole, cut, stopped = (
            message(server, **fields)[1]
            for fields in ({}, {"max_tokens": 1}, {"stop_sequences": ["Verdict"]})
        )
        _, thought = message(server, thinking={"type": "adaptive", "display": "summarized"})
        _, shaped = message(server, output_config={"format": {"type": "json_schema", "schema": SCHEMA}})
        server.script = lambda asked: Said("No.", refuses=True)
        _, declined = message(server)
    reasons = [reply["stop_reason"] for reply in (whole, cut, stopped, declined)]
    assert reasons == ["end_turn", "max_tokens", "stop_sequence", "refusal"]
    assert [block["type"] for block in thought["content"]] == ["thinking", "text"]
    assert thought["content"][0]["thinking"] == "hm hm" and thought["usage"]["output_tokens"] > 2
    assert json.loads(shaped["content"][0]["text"]) == {"verdict": "B"} and declined["content"] == []
    assert set(whole["usage"]) >= {"input_tokens", "output_tokens"} and cut["usage"]["output_tokens"] == 1


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"messages": BEGUN}, "does not support assistant message prefill"),
        ({"seed": 1}, "seed: Extra inputs are not permitted"),
        ({"temperature": 0}, "`temperature` is deprecated for this model."),
        ({"max_tokens": None}, "max_tokens: Input should be a valid integer"),
        ({"thinking": {"type": "enabled", "budget_tokens": 1024}}, "is not supported for this model"),
        ({"messages": [{"role": "system", "content": "x"}]}, "messages.0.role"),
    ],
)
def test_messages_are_taken_strictly(fields: dict[str, object], sentence: str) -> None:
    with serving(CLAUDE) as server:
        status, reply = message(server, **fields)
    assert (status, reply["error"]["type"]) == (400, "invalid_request_error")
    assert sentence in reply["error"]["message"]


def test_a_script_may_refuse_in_its_own_words() -> None:
    def full(asked: Asked) -> str:
        raise Refused(400, "maximum context length is 8 tokens")

    with LoopbackServer(VLLM, full) as server:
        status, reply = chat(server)
    assert (status, reply["error"]["code"]) == (400, 400)


@pytest.mark.parametrize("name", DIALECTS)
def test_another_key_or_none_is_refused(name: str) -> None:
    with LoopbackServer(DIALECTS[name], key="sk-loop") as server:
        body = {"model": server.dialect.model, "messages": HELLO, "max_completion_tokens": 99}
        path = "/v1/chat/completions"
        statuses = [
            send(server, "POST", path, body, **headers)[0]
            for headers in (
                {},
                {"authorization": "Bearer sk-other-and-wrong"},
                {"authorization": "Bearer sk-loop"},
            )
        ]
    assert statuses == [401, 401, 200]


def test_anthropics_headers_are_needed() -> None:
    with LoopbackServer(CLAUDE, key="sk-loop") as server:
        body = {"model": server.dialect.model, "max_tokens": 9, "messages": HELLO}
        for left_out, status in (("x-api-key", 401), ("anthropic-version", 400)):
            headers = {name: value for name, value in ANTHROPIC.items() if name != left_out}
            assert send(server, "POST", "/v1/messages", body, **headers)[0] == status
