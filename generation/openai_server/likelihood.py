"""The likelihood of a given text at a /v1/completions server that returns what it reads (echo)."""

import math
from collections.abc import Sequence

from pydantic import BaseModel, Field

from generation.openai_server.protocol import Dialect, Fields, Usage, counts
from generation.prompts import Prompt
from generation.remote.answers import Lenient, failed
from generation.request import Completion

NO_TOKENIZER = (
    "the likelihood of a text needs the model's own tokenizer and chat template: let the model's "
    "`model` name a folder with them, or use the backend transformers or vllm"
)
NO_COMPLETIONS = (
    "the server has no /v1/completions, which the likelihood of a text needs: use one that has it, such as "
    "vLLM's, or the backend transformers or vllm"
)
_NO_ECHO = (
    "the server does not give the log-probabilities of what it reads (echo with logprobs on "
    "/v1/completions): use one that does, such as vLLM's, or the backend transformers or vllm"
)


class _Logprobs(BaseModel):
    token_logprobs: list[Lenient[float]] = []
    top_logprobs: Lenient[list[Lenient[dict[str, float]]]] = None


class _Choice(BaseModel):
    logprobs: Lenient[_Logprobs] = None


class Echo(BaseModel):
    """A server's answer: the part of it that is used."""

    choices: list[_Choice] = Field(min_length=1)
    usage: Lenient[Usage] = None


def echo_body(prompt: Prompt, dialect: Dialect) -> Fields:
    """The JSON to post; one new token is sampled and left aside, as not every server can sample none."""
    fields: Fields = {
        "model": dialect.model,
        "prompt": list(prompt.read),
        "echo": True,
        "logprobs": 1,
        "max_tokens": 1,
        "temperature": 0.0,
    }
    if dialect.vllm:
        # by their text, which several may share, tokens could hide one another
        fields["return_tokens_as_token_ids"] = True
    return fields


def likelihood(reply: Echo, prompt: Prompt) -> Completion:
    """What the server says of the continuation; a failed row where it does not say it of every token."""
    echoed = reply.choices[0].logprobs
    if echoed is None or len(echoed.token_logprobs) - len(prompt.read) not in (0, 1):
        return failed(_NO_ECHO, counts(reply.usage))
    start, end = len(prompt.ids), len(prompt.read)
    logprobs = [logprob for logprob in echoed.token_logprobs[start:end] if logprob is not None]
    best = [max(top.values()) for top in (echoed.top_logprobs or [])[start:end] if top]
    if not len(logprobs) == len(best) == end - start:
        return failed(_NO_ECHO, counts(reply.usage))
    return Completion(
        finish_reason="continuation",
        num_prompt_tokens=len(prompt.read),
        continuation_logprob=math.fsum(logprobs),
        num_continuation_tokens=len(logprobs),
        continuation_is_greedy=_all_reach(logprobs, best),
    )


def _all_reach(logprobs: Sequence[float], best: Sequence[float]) -> bool:
    return all(logprob >= top for logprob, top in zip(logprobs, best, strict=True))
