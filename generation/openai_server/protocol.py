"""Requests and completions in the words of the /v1 chat-completions protocol."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import BaseModel, JsonValue

from datasets_registry.rows.conversation import json_object
from generation.openai_server.messages import sent_message
from generation.remote.answers import Lenient, failed
from generation.request import Completion, Request
from generation.turns import one_system_turn, plain_tool

TOP_LOGPROBS = 20  # the most that servers give
Fields = dict[str, JsonValue]


@dataclass(frozen=True)
class Dialect:
    """What the server understands beyond the protocol, and the control tokens of its tokenizer.

    ``trims``: its chat template is known to cut the outer white space of an unfinished turn.
    """

    model: str
    vllm: bool = False
    special_tokens: Sequence[str] = ()
    trims: bool = False


class _Message(BaseModel):
    content: JsonValue = None
    tool_calls: JsonValue = None
    reasoning_content: JsonValue = None
    reasoning: JsonValue = None

    @property
    def thought(self) -> str | None:
        """What the model thought, in the field by which servers return it: the older name or the newer."""
        fields = (self.reasoning_content, self.reasoning)
        return next((text for text in fields if isinstance(text, str) and text), None)


class _Token(BaseModel):
    token: str
    logprob: Lenient[float] = None


class _Position(_Token):
    top_logprobs: Lenient[list[_Token]] = None


class _Logprobs(BaseModel):
    content: Lenient[list[_Position]] = None


class _Choice(BaseModel):
    message: _Message
    finish_reason: JsonValue = None
    logprobs: Lenient[_Logprobs] = None


class _Cached(BaseModel):
    cached_tokens: Lenient[int] = None


class Usage(BaseModel):
    """What the answer cost, as far as the server says."""

    prompt_tokens: Lenient[int] = None
    completion_tokens: Lenient[int] = None
    prompt_tokens_details: Lenient[_Cached] = None


_TOOL_CALL = (
    "the server answered with a tool call, which a completion does not hold: use a vLLM server or a local "
    "backend, which give calls as text"
)


class Reply(BaseModel):
    """A server's answer: the part of it that is used."""

    choices: list[_Choice]
    usage: Lenient[Usage] = None
    model: Lenient[str] = None


def body(request: Request, dialect: Dialect, token_ids: Sequence[int]) -> Fields:
    """The JSON to post; ``token_ids`` are those of the choices, where they are known."""
    specials = dialect.special_tokens
    fields: Fields = {"model": dialect.model}
    fields["messages"] = [sent_message(turn, specials) for turn in one_system_turn(request.messages)]
    if request.tools is not None:
        fields["tools"] = [plain_tool(tool, specials) for tool in request.tools]
    if request.answer_schema is not None:
        fields["response_format"] = _answer_format(request.answer_schema)
    fields |= _scoring() if request.choices else _sampling(request)
    return fields | _vllm_fields(request, token_ids) if dialect.vllm else fields


def _answer_format(schema: str) -> Fields:
    return {
        "type": "json_schema",
        "json_schema": {"name": "answer", "strict": True, "schema": json_object(schema)},
    }


def _vllm_fields(request: Request, token_ids: Sequence[int]) -> Fields:
    # otherwise the model's generation_config.json would stand in for what is not said
    fields: Fields = {"top_k": -1, "min_p": 0.0, "repetition_penalty": 1.0}
    if token_ids:
        fields |= {"logprob_token_ids": list(token_ids), "return_tokens_as_token_ids": True}
    if request.continues:
        fields |= {"add_generation_prompt": False, "continue_final_message": True}
    if request.tools is not None:
        # calls come as text, as from local models; the tools are in the prompt all the same
        fields["tool_choice"] = "none"
    return fields


def _sampling(request: Request) -> Fields:
    params = request.params
    fields: Fields = {
        "max_tokens": params.max_tokens,
        "temperature": params.temperature,
        "top_p": params.top_p,
    }
    if params.temperature > 0:
        fields["seed"] = sample_seed(request)
    if params.stop:
        fields["stop"] = list(params.stop)
    return fields


def _scoring() -> Fields:
    # at temperature 1 a server's log-probabilities are the model's own, whatever it makes of others
    return {
        "max_tokens": 1,
        "temperature": 1.0,
        "top_p": 1.0,
        "logprobs": True,
        "top_logprobs": TOP_LOGPROBS,
    }


def sample_seed(request: Request) -> int:
    """A seed of 31 bits from the noise key; samples of one prompt never share one."""
    first = request.model_copy(update={"sample": 0}).noise_key
    return (int(first[:15], 16) + request.sample) % 2**31


def completion(reply: Reply, request: Request, token_ids: Sequence[int]) -> Completion:
    """The server's answer as a completion; a failed row without the log-probabilities that were requested."""
    if request.choices:
        return _scored(reply, request, token_ids)
    choice = reply.choices[0]
    if choice.message.tool_calls:
        return failed(_TOOL_CALL, counts(reply.usage))
    if choice.finish_reason not in ("stop", "length"):
        return failed(f"the server ended with finish_reason {choice.finish_reason!r}", counts(reply.usage))
    text = "" if choice.message.content is None else choice.message.content
    if not isinstance(text, str):
        return failed(f"the server answered with {text!r} in place of a text", counts(reply.usage))
    thought = choice.message.thought
    return Completion(text=text, finish_reason=choice.finish_reason, thought=thought, **counts(reply.usage))


def _scored(reply: Reply, request: Request, token_ids: Sequence[int]) -> Completion:
    given = reply.choices[0].logprobs
    if given is None or not given.content:
        reason = "the server gave no log-probabilities: use one that returns `top_logprobs`"
        return failed(reason, counts(reply.usage))
    first = given.content[0]
    listed = (*(first.top_logprobs or ()), first)
    logprobs = {token.token: token.logprob for token in listed if token.logprob is not None}
    if not logprobs:
        return failed("the server gave null for the log-probabilities of the choices", counts(reply.usage))
    tokens = [f"token_id:{token}" for token in token_ids]
    if not any(token.startswith("token_id:") for token in logprobs):
        tokens = list(request.choices)
    probabilities = tuple(math.exp(min(logprobs.get(token, -math.inf), 0.0)) for token in tokens)
    return Completion(
        finish_reason="choice",
        choice_probabilities=probabilities,
        outside_probability=max(0.0, 1.0 - sum(probabilities)),
        **counts(reply.usage),
    )


def counts(given: Usage | None) -> dict[str, int]:
    """The counts of a completion; 0 where they are not said."""
    usage = given or Usage()
    cached = usage.prompt_tokens_details.cached_tokens if usage.prompt_tokens_details else None
    return {
        "num_prompt_tokens": usage.prompt_tokens or 0,
        "num_cached_tokens": cached or 0,
        "num_completion_tokens": usage.completion_tokens or 0,
    }
