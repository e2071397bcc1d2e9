"""Requests and completions in the words of the /v1 chat-completions protocol."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, Field

from generation.chat import as_text
from generation.request import Completion, Request

TOP_LOGPROBS = 20  # the most that servers give


@dataclass(frozen=True)
class Dialect:
    """What the server understands beyond the protocol, and what its tokenizer is known to hold.

    ``trims`` says that its chat template is known to cut the outer white space of an unfinished turn.
    """

    model: str
    vllm: bool = False
    special_tokens: Sequence[str] = ()
    trims: bool = False


class _Message(BaseModel):
    content: str | None = None


class _Token(BaseModel):
    token: str
    logprob: float


class _Position(_Token):
    top_logprobs: list[_Token] = []


class _Logprobs(BaseModel):
    content: list[_Position] | None = None


class _Choice(BaseModel):
    message: _Message
    finish_reason: str | None = None
    logprobs: _Logprobs | None = None


class _Cached(BaseModel):
    cached_tokens: int | None = None


class _Usage(BaseModel):
    prompt_tokens: int = 0
    completion_tokens: int = 0
    prompt_tokens_details: _Cached | None = None


class Reply(BaseModel):
    """A server's answer: the part of it that is used."""

    choices: list[_Choice] = Field(min_length=1)
    usage: _Usage | None = None


def body(request: Request, dialect: Dialect, token_ids: Sequence[int]) -> dict[str, Any]:
    """The JSON to post; ``token_ids`` are those of the choices, where they are known."""
    fields: dict[str, Any] = {
        "model": dialect.model,
        "messages": [
            {"role": one.role, "content": as_text(one.content, dialect.special_tokens)}
            for one in request.messages
        ],
    }
    fields |= _scoring() if request.choices else _sampling(request)
    if not dialect.vllm:
        return fields
    # a vLLM server would else put the model's generation_config.json in the place of what is not said
    fields |= {"top_k": -1, "min_p": 0.0, "repetition_penalty": 1.0}
    if token_ids:
        fields |= {"logprob_token_ids": list(token_ids), "return_tokens_as_token_ids": True}
    if request.continues:
        fields |= {"add_generation_prompt": False, "continue_final_message": True}
    return fields


def _sampling(request: Request) -> dict[str, Any]:
    params = request.params
    fields: dict[str, Any] = {
        "max_tokens": params.max_tokens,
        "temperature": params.temperature,
        "top_p": params.top_p,
    }
    if params.temperature > 0:
        fields["seed"] = sample_seed(request)
    if params.stop:
        fields["stop"] = list(params.stop)
    return fields


def _scoring() -> dict[str, Any]:
    # at temperature 1 a server's log-probabilities are the model's own, whatever it makes of others
    return {
        "max_tokens": 1,
        "temperature": 1.0,
        "top_p": 1.0,
        "logprobs": True,
        "top_logprobs": TOP_LOGPROBS,
    }


def sample_seed(request: Request) -> int:
    """A seed of 31 bits from what the noise hangs on; samples of one prompt never share one."""
    first = request.model_copy(update={"sample": 0}).noise_key
    return (int(first[:15], 16) + request.sample) % 2**31


def completion(reply: Reply, request: Request, token_ids: Sequence[int]) -> Completion:
    """What the server answered; without the log-probabilities asked for, a failed row."""
    if request.choices:
        return _scored(reply, request, token_ids)
    choice = reply.choices[0]
    if choice.finish_reason not in ("stop", "length"):
        return failed(f"the server ended with finish_reason {choice.finish_reason!r}", reply)
    return Completion(text=choice.message.content or "", finish_reason=choice.finish_reason, **_counts(reply))


def failed(reason: str, reply: Reply | None = None) -> Completion:
    """A failed row with its reason, and what it cost."""
    return Completion(finish_reason="error", error=reason, **(_counts(reply) if reply else {}))


def _scored(reply: Reply, request: Request, token_ids: Sequence[int]) -> Completion:
    logprobs = reply.choices[0].logprobs
    if logprobs is None or not logprobs.content:
        return failed("the server gave no log-probabilities: take one that returns `top_logprobs`", reply)
    first = logprobs.content[0]
    found = {one.token: one.logprob for one in (*first.top_logprobs, first)}
    named = [f"token_id:{one}" for one in token_ids]
    if not any(one.startswith("token_id:") for one in found):
        named = list(request.choices)
    probabilities = tuple(math.exp(min(found.get(one, -math.inf), 0.0)) for one in named)
    return Completion(
        finish_reason="choice",
        choice_probabilities=probabilities,
        outside_probability=max(0.0, 1.0 - sum(probabilities)),
        **_counts(reply),
    )


def _counts(reply: Reply) -> dict[str, int]:
    usage = reply.usage or _Usage()
    cached = usage.prompt_tokens_details.cached_tokens if usage.prompt_tokens_details else None
    return {
        "num_prompt_tokens": usage.prompt_tokens,
        "num_cached_tokens": cached or 0,
        "num_completion_tokens": usage.completion_tokens,
    }
