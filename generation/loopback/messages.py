"""/v1/messages of Anthropic, strictly: no field that it does not know, no sampling, no unfinished turn."""

from collections.abc import Callable
from dataclasses import replace
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

from generation.loopback.dialects import PREFILL
from generation.loopback.refusals import Refused, problem
from generation.loopback.replies import Reply, reply, say
from generation.loopback.script import Asked, Fields, Script, Turn

# the later version has no field of sampling at all
VERSION, UNSAMPLED = "2023-06-01", "2026-10-21"
SAMPLING: dict[str, float | None] = {"temperature": 1.0, "top_p": 1.0, "top_k": None}


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _Block(_Strict):
    type: Literal["text", "thinking"]
    text: str = ""
    thinking: str = ""
    signature: str = ""
    cache_control: Fields | None = None


class _Message(_Strict):
    role: Literal["user", "assistant"]
    content: str | list[_Block]


class _Thinking(_Strict):
    type: Literal["adaptive", "disabled", "enabled"]
    display: Literal["summarized", "omitted"] = "omitted"
    budget_tokens: int | None = None


class _Format(_Strict):
    type: Literal["json_schema"]
    schema_: Fields = Field(alias="schema")


class _Output(_Strict):
    effort: Literal["low", "medium", "high", "xhigh", "max"] | None = None
    format: _Format | None = None


class _Sent(_Strict):
    model: str
    max_tokens: int = Field(ge=1)
    messages: list[_Message] = Field(min_length=1)
    system: str | list[_Block] | None = None
    stop_sequences: list[str] = Field(default_factory=list)
    temperature: float | None = Field(None, ge=0, le=1)
    top_p: float | None = Field(None, ge=0, le=1)
    top_k: int | None = None
    thinking: _Thinking | None = None
    output_config: _Output | None = None
    metadata: Fields | None = None
    service_tier: str | None = None
    cache_control: Fields | None = None
    tools: list[Fields] | None = None
    tool_choice: Fields | None = None
    stream: Literal[False] = False


def message(body: JsonValue, script: Script, noise: Callable[[], str]) -> tuple[Fields, Reply]:
    """The body of the answer, without id and model, and the reply in it; raises Refused."""
    try:
        sent = _Sent.model_validate(body)
    except ValidationError as error:
        raise Refused(400, ": ".join(problem(error))) from error
    _check(sent)
    asked = _asked(sent, noise)
    said = say(script, asked)
    if sent.thinking is None or sent.thinking.type != "adaptive":
        said = replace(said, thought="")
    replied = reply(said, asked)
    return {
        "type": "message",
        "role": "assistant",
        "content": _content(replied, sent.thinking),
        "stop_reason": _stop_reason(replied),
        "stop_sequence": replied.stop,
        "usage": {
            "input_tokens": replied.num_prompt_tokens,
            "output_tokens": replied.num_tokens,
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": 0,
            "output_tokens_details": {"thinking_tokens": replied.num_thought_tokens},
        },
    }, replied


def _content(replied: Reply, thinking: _Thinking | None) -> list[JsonValue]:
    content: list[JsonValue] = []
    if replied.said.thought and thinking is not None:
        shown = replied.said.thought if thinking.display == "summarized" else ""
        content.append({"type": "thinking", "thinking": shown, "signature": "c2lnbmVk"})
    if not replied.said.refuses and replied.text:
        content.append({"type": "text", "text": replied.text})
    return content


def _check(sent: _Sent) -> None:
    for name, default in SAMPLING.items():
        if getattr(sent, name) not in (None, default):
            raise Refused(400, f"`{name}` is deprecated for this model.")
    if sent.messages[-1].role == "assistant":
        raise Refused(400, PREFILL)
    if sent.thinking is not None and sent.thinking.type == "enabled":
        raise Refused(
            400,
            '"thinking.type.enabled" is not supported for this model. Use "thinking.type.adaptive" and '
            '"output_config.effort" to control thinking behavior.',
        )


def _asked(sent: _Sent, noise: Callable[[], str]) -> Asked:
    turns = [Turn(turn.role, _text(turn.content)) for turn in sent.messages]
    if sent.system is not None:
        turns.insert(0, Turn("system", _text(sent.system)))
    shape = sent.output_config.format if sent.output_config else None
    return Asked(
        turns=tuple(turns),
        noise=noise(),
        max_tokens=sent.max_tokens,
        stop=tuple(sent.stop_sequences),
        schema=shape.schema_ if shape else None,
    )


def _text(content: str | list[_Block]) -> str:
    return content if isinstance(content, str) else "".join(block.text for block in content)


def _stop_reason(replied: Reply) -> str:
    if replied.said.refuses:
        return "refusal"
    if replied.stop is not None:
        return "stop_sequence"
    return "max_tokens" if replied.ended == "length" else "end_turn"
