"""Keys recorded before messages had tool calls and requests continuations: they hold for ever."""

from pathlib import Path

import pytest
from pydantic import BaseModel, JsonValue, TypeAdapter

from datasets_registry.hashing import digest
from datasets_registry.rows.conversation import Tool, ToolCall
from generation.request import KEY_SCHEME, Message, Request, keys


class Recorded(BaseModel):
    """A request, the model that was asked, and both of its keys."""

    model: str
    request: dict[str, JsonValue]
    key: str
    noise_key: str


LINES = Path(__file__).with_name("recorded_keys.jsonl").read_text(encoding="utf-8").splitlines()
RECORDED = [Recorded.model_validate_json(line) for line in LINES]
ASKED = Message(role="user", content="What is 12+7+5?")
CALL = ToolCall(id="1", name="add", arguments='{"terms": [12, 7, 5]}')


@pytest.mark.parametrize("recorded", RECORDED, ids=range(len(RECORDED)))
def test_a_recorded_request_has_its_recorded_keys(recorded: Recorded) -> None:
    request = Request.model_validate(recorded.request)
    assert request.key(recorded.model) == recorded.key
    assert request.noise_key == recorded.noise_key


@pytest.mark.parametrize("recorded", RECORDED, ids=range(len(RECORDED)))
def test_so_has_a_request_with_every_field_spelled_out(recorded: Recorded) -> None:
    request = Request.model_validate(Request.model_validate(recorded.request).model_dump())
    assert {"reasoning", "tool_calls", "tool_call_id", "name", "trainable"} < request.messages[
        0
    ].model_fields_set
    assert request.model_fields_set == set(Request.model_fields)
    assert request.key(recorded.model) == recorded.key
    assert request.noise_key == recorded.noise_key


def test_keys_of_many_requests_are_those_of_each() -> None:
    requests = [Request.model_validate(recorded.request) for recorded in RECORDED]
    samples = [request.model_copy(update={"sample": number}) for request in requests for number in range(3)]
    tooled = [sample.model_copy(update={"tools": (Tool(name="add"),)}) for sample in samples]
    every = [*samples, *tooled, *requests]
    plain = [
        digest([KEY_SCHEME, "m", request.model_dump(mode="json", exclude_defaults=True)]) for request in every
    ]
    assert keys("m", every) == plain == [request.key("m") for request in every]


CARRIED = [
    {"role": "assistant", "content": "24", "reasoning": "19 and 5"},
    {"role": "assistant", "content": "24", "tool_calls": [CALL]},
    {"role": "assistant", "content": "24", "tool_calls": [CALL.model_copy(update={"id": "2"})]},
    {"role": "assistant", "content": "24", "name": "Ada"},
    {"role": "tool", "content": "24"},
    {"role": "tool", "content": "24", "tool_call_id": "1"},
]


def test_each_field_that_is_set_is_part_of_both_keys() -> None:
    plain = Message(role="assistant", content="24")
    last = [plain, *TypeAdapter(list[Message]).validate_python(CARRIED)]
    requests = [Request(messages=(ASKED, message)) for message in last]
    requests.append(Request(messages=(ASKED, plain), tools=(Tool(name="add"),)))
    assert len({request.key("m") for request in requests}) == len(requests)
    assert len({request.noise_key for request in requests}) == len(requests)


def test_a_continuation_is_part_of_the_key() -> None:
    requests = [Request(messages=(ASKED,), continuation=text) for text in (None, "24", "25")]
    assert len({request.key("m") for request in requests}) == 3


@pytest.mark.parametrize("trainable", [True, False])
def test_what_is_learned_of_a_conversation_is_no_part_of_a_key(trainable: bool) -> None:
    marked = ASKED.model_copy(update={"trainable": trainable})
    request, other = Request(messages=(ASKED,)), Request(messages=(marked,))
    assert (other.key("m"), other.noise_key) == (request.key("m"), request.noise_key)
