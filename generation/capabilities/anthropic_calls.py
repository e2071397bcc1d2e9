"""A server of Anthropic's Messages API, asked by fields of the /v1 protocol where its own say the same."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from pydantic import JsonValue

from generation.anthropic_api.protocol import version_headers
from generation.capabilities.server import ATTEMPTS, MOST_SECONDS, NOT_THERE, Lost, Refused, Server
from generation.engine import server_of
from generation.openai_server.protocol import Fields

if TYPE_CHECKING:
    import anthropic

# of the /v1 protocol, and by which field the Messages API says the same
_NAMES = {
    "max_tokens": "max_tokens",
    "temperature": "temperature",
    "top_p": "top_p",
    "stop": "stop_sequences",
}
_MADE = {"response_format", "tools", "tool_choice"}
_ENDED = {"max_tokens": "length", "tool_use": "tool_calls"}


class AnthropicServer(Server):
    """One model of the API, through Anthropic's client."""

    _client: "anthropic.Anthropic"

    def __enter__(self) -> "AnthropicServer":
        import anthropic

        self._client = anthropic.Anthropic(
            base_url=server_of("anthropic", self.settings),
            api_key=self._key,
            max_retries=ATTEMPTS - 1,
            timeout=min(MOST_SECONDS, self.settings.timeout_seconds),
            open_telemetry=False,
        )
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def _post(self, messages: list[Mapping[str, str]], fields: Fields) -> JsonValue | Refused | Lost:
        without_place = sorted(fields.keys() - _NAMES.keys() - _MADE)
        if without_place:
            return Refused(f"the Messages API has no field for {without_place[0]}")
        self.num_calls += 1
        body: Fields = {"model": self.settings.served_model, "messages": [dict(turn) for turn in messages]}
        body |= {_NAMES[name]: value for name, value in fields.items() if name in _NAMES} | _made(fields)
        headers = version_headers([body])
        create = self._client.messages.with_raw_response.create
        sent = self._called(
            lambda: create(model="", max_tokens=1, messages=[], extra_body=body, extra_headers=headers).text()
        )
        return sent if isinstance(sent, Refused | Lost) else _completion(sent)

    def batches(self) -> bool | Refused | Lost:
        """Whether the server lists batches, which costs nothing."""
        listed = self._called(lambda: self._client.messages.batches.with_raw_response.list(limit=1).text())
        if isinstance(listed, Refused | Lost):
            return listed
        return isinstance(listed, dict) and "has_more" in listed

    def _text(self, call: Callable[[], str]) -> str | Refused | Lost:
        import anthropic

        try:
            return call()
        except anthropic.APIStatusError as error:
            return self._refusal(error)
        except anthropic.APIConnectionError:
            return NOT_THERE


def _made(fields: Fields) -> Fields:
    """The schema and the tools as the Messages API takes them."""
    made: Fields = {}
    form = fields.get("response_format")
    if isinstance(form, dict) and isinstance(given := form.get("json_schema"), dict):
        made["output_config"] = {"format": {"type": "json_schema", "schema": given["schema"]}}
    tools = fields.get("tools")
    if isinstance(tools, list):
        made["tools"] = [_tool(tool["function"]) for tool in tools if isinstance(tool, dict)]
        made["tool_choice"] = {"type": "any"}
    return made


def _tool(function: JsonValue) -> JsonValue:
    assert isinstance(function, dict)
    return {
        "name": function["name"],
        "description": function["description"],
        "input_schema": function["parameters"],
    }


def _completion(sent: JsonValue) -> JsonValue:
    """An answer of the API as a chat completion."""
    answer = sent if isinstance(sent, dict) else {}
    content, used = answer.get("content"), answer.get("usage")
    blocks = [block for block in content if isinstance(block, dict)] if isinstance(content, list) else []
    usage = used if isinstance(used, dict) else {}
    details = usage.get("output_tokens_details")
    message: Fields = {
        "content": _joined(blocks, "text"),
        "reasoning": _joined(blocks, "thinking"),
        "tool_calls": [block for block in blocks if block.get("type") == "tool_use"] or None,
    }
    return {
        "model": answer.get("model"),
        "choices": [
            {"message": message, "finish_reason": _ENDED.get(str(answer.get("stop_reason")), "stop")}
        ],
        "usage": {
            "prompt_tokens": usage.get("input_tokens"),
            "completion_tokens": usage.get("output_tokens"),
            "completion_tokens_details": {
                "reasoning_tokens": details.get("thinking_tokens") if isinstance(details, dict) else None
            },
        },
    }


def _joined(blocks: list[Fields], kind: str) -> str:
    return "".join(str(block.get(kind, "")) for block in blocks if block.get("type") == kind)
