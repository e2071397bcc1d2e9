"""/v1/chat/completions, in the dialect of one server."""

import math
from collections.abc import Callable, Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

from generation.loopback.dialects import DEFAULTS, PREFILL, Dialect
from generation.loopback.refusals import Refused, problem
from generation.loopback.replies import Reply, reply, say
from generation.loopback.script import Asked, Fields, Script, Turn, tokens

MOST_TOP_LOGPROBS = 20
# of the protocol, taken by all and heeded by none here
_TAKEN = {"frequency_penalty", "logit_bias", "metadata", "parallel_tool_calls", "presence_penalty", "store"}
_TAKEN |= {"prompt_cache_key", "reasoning_effort", "safety_identifier", "service_tier", "user"}
_TAKEN |= {"tool_choice", "tools", "verbosity"}


class _Part(BaseModel):
    type: str = "text"
    text: str = ""


class _Message(BaseModel):
    role: str
    content: str | list[_Part] | None = None

    @property
    def text(self) -> str:
        if isinstance(self.content, str):
            return self.content
        return "".join(part.text for part in self.content or ())


class _JsonSchema(BaseModel):
    schema_: Fields = Field(default_factory=dict, alias="schema")


class _Format(BaseModel):
    type: str
    json_schema: _JsonSchema | None = None


class _Sent(BaseModel):
    model_config = ConfigDict(extra="allow")

    model: str
    messages: list[_Message] = Field(min_length=1)
    temperature: float | None = Field(None, ge=0, le=2)
    top_p: float | None = Field(None, ge=0, le=1)
    n: int | None = Field(None, ge=1, le=128)
    seed: int | None = None
    stop: str | list[str] | None = None
    max_tokens: int | None = Field(None, ge=1)
    max_completion_tokens: int | None = Field(None, ge=1)
    logprobs: bool | None = None
    top_logprobs: int | None = Field(None, ge=0)
    response_format: _Format | None = None
    stream: Literal[False] | None = None
    add_generation_prompt: bool = True
    continue_final_message: bool = False
    logprob_token_ids: list[int] = Field(default_factory=list)
    return_tokens_as_token_ids: bool = False


_VLLM = {"add_generation_prompt", "continue_final_message", "logprob_token_ids", "return_tokens_as_token_ids"}


def chat(body: JsonValue, dialect: Dialect, script: Script, noise: Callable[[], str]) -> tuple[Fields, Reply]:
    """The body of the answer, without the model's name, and its first reply; raises Refused.

    ``noise`` gives a new word of it each time.
    """
    try:
        sent = _Sent.model_validate(body)
    except ValidationError as error:
        name, wrong = problem(error)
        raise Refused(400, f"Invalid value for '{name}': {wrong}.", name, "invalid_value") from error
    _check(sent, dialect)
    number = (sent.n or 1) if "n" in dialect.heeds else 1
    drawn = [_asked(sent, dialect, choice, noise) for choice in range(number)]
    replies = [reply(say(script, asked), asked, dialect.hidden_tokens) for asked in drawn]
    choices: list[JsonValue] = [
        _choice(place, replied, sent, dialect) for place, replied in enumerate(replies)
    ]
    return {"object": "chat.completion", "created": 0, "choices": choices, "usage": _usage(replies)}, replies[
        0
    ]


def _check(sent: _Sent, dialect: Dialect) -> None:
    given = {name: getattr(sent, name) for name in sent.model_fields_set if name in _Sent.model_fields}
    unknown = set(sent.model_extra or ()) - _TAKEN
    if dialect.owner != "vllm":
        unknown |= _VLLM & set(given)
    if unknown and dialect.unknown == "refused":
        raise Refused(400, f"Unrecognized request argument supplied: {min(unknown)}")
    for name, message in dialect.refuses.items():
        value = given.get(name)
        if value is not None and value != DEFAULTS.get(name):
            code = "unsupported_value" if "value" in message else "unsupported_parameter"
            raise Refused(400, message.format(value=value), name, code)
    if sent.top_logprobs and not sent.logprobs and "logprobs" in dialect.heeds:
        raise Refused(400, "top_logprobs requires logprobs to be set to true", "top_logprobs")
    if sent.top_logprobs and sent.top_logprobs > MOST_TOP_LOGPROBS and dialect.owner == "system":
        raise Refused(400, f"top_logprobs must be at most {MOST_TOP_LOGPROBS}", "top_logprobs")
    _check_turns(sent, dialect)


def _check_turns(sent: _Sent, dialect: Dialect) -> None:
    roles = [message.role for message in sent.messages]
    if roles[-1] != "assistant":
        return
    if dialect.unfinished == "refused":
        raise Refused(400, PREFILL)
    if dialect.unfinished == "continued" and roles[-2:] == ["assistant", "assistant"]:
        raise Refused(400, "Cannot have 2 or more assistant messages at the end of the list.")
    if sent.continue_final_message and sent.add_generation_prompt and dialect.unfinished == "asked":
        raise Refused(
            400, "Cannot set both `continue_final_message` and `add_generation_prompt` to True.", "messages"
        )


def _asked(sent: _Sent, dialect: Dialect, choice: int, noise: Callable[[], str]) -> Asked:
    heeds = dialect.heeds
    temperature = sent.temperature if "temperature" in heeds and sent.temperature is not None else 1.0
    seed = sent.seed if "seed" in heeds else None
    varied = noise() if seed is None else f"s{seed}"
    limits = [
        value
        for name, value in (
            ("max_tokens", sent.max_tokens),
            ("max_completion_tokens", sent.max_completion_tokens),
        )
        if name in heeds and value is not None
    ]
    stops = [sent.stop] if isinstance(sent.stop, str) else sent.stop or []
    begun = sent.messages[-1].role == "assistant" and (
        dialect.unfinished == "continued" or (dialect.unfinished == "asked" and sent.continue_final_message)
    )
    return Asked(
        turns=tuple(Turn(message.role, message.text) for message in sent.messages),
        noise="" if temperature == 0 else f"{varied}n{choice}" if choice else varied,
        temperature=temperature,
        top_p=sent.top_p if "top_p" in heeds and sent.top_p is not None else 1.0,
        seed=seed,
        max_tokens=min(limits, default=None),
        stop=tuple(stops) if "stop" in heeds else (),
        schema=_schema(sent.response_format) if "response_format" in heeds else None,
        begun=begun,
        choice_ids=tuple(sent.logprob_token_ids) if dialect.owner == "vllm" else (),
    )


def _schema(given: _Format | None) -> Fields | None:
    if given is None or given.type == "text":
        return None
    return given.json_schema.schema_ if given.json_schema else {"type": "object"}


def _choice(place: int, replied: Reply, sent: _Sent, dialect: Dialect) -> Fields:
    message: Fields = {"role": "assistant", "content": replied.text, "refusal": None}
    if replied.said.refuses:
        message |= {"content": None, "refusal": replied.text}
    if replied.said.thought and "thought" in dialect.heeds:
        message["reasoning" if dialect.owner == "vllm" else "reasoning_content"] = replied.said.thought
    logprobs: JsonValue = None
    if sent.logprobs and "logprobs" in dialect.heeds:
        logprobs = {"content": _positions(replied, sent)}
    return {"index": place, "message": message, "finish_reason": replied.ended, "logprobs": logprobs}


def _positions(replied: Reply, sent: _Sent) -> list[JsonValue]:
    words = tokens(replied.text)
    ids = sent.logprob_token_ids
    given = replied.said.probabilities or (
        {token: 0.9 / len(ids) for token in ids} if ids else {word: 0.9 for word in words[:1]}
    )
    most = len(ids) or sent.top_logprobs or 0
    first = _listed(given, most, sent.return_tokens_as_token_ids)
    positions: list[JsonValue] = [
        {**_token(word, 0.9), "top_logprobs": [_token(word, 0.9)] if most else []} for word in words[1:]
    ]
    drawn = _token(words[0] if words else "", given.get(words[0] if words else "", 0.5))
    if sent.return_tokens_as_token_ids:
        drawn["token"] = "token_id:0"
    return [{**drawn, "top_logprobs": first}, *positions]


def _listed(given: Mapping[str | int, float], most: int, by_id: bool) -> list[JsonValue]:
    ordered = sorted(given.items(), key=lambda item: -item[1])[:most]
    return [_token(f"token_id:{name}" if by_id else str(name), share) for name, share in ordered if share > 0]


def _token(text: str, probability: float) -> Fields:
    return {"token": text, "logprob": math.log(probability), "bytes": list(text.encode())}


def _usage(replies: list[Reply]) -> Fields:
    completion = sum(replied.num_tokens for replied in replies)
    prompt = replies[0].num_prompt_tokens
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "completion_tokens_details": {
            "reasoning_tokens": sum(replied.num_thought_tokens for replied in replies)
        },
    }
