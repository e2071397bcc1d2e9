"""/v1/completions as far as likelihoods need it: a prompt of token ids, echoed with log-probabilities."""

from collections.abc import Callable, Sequence

from pydantic import BaseModel, Field, JsonValue, ValidationError

from generation.loopback.dialects import Dialect
from generation.loopback.refusals import Refused
from generation.loopback.script import Fields

# what comes behind each id: its log-probability, the most probable token and that one's log-probability
Scored = tuple[float, int, float]
Likelihood = Callable[[Sequence[int]], list[Scored]]


class _Sent(BaseModel):
    model: str
    prompt: list[int] = Field(min_length=1)
    echo: bool = False
    logprobs: int | None = Field(None, ge=0, le=20)
    max_tokens: int = Field(16, ge=0)


def uniform(ids: Sequence[int]) -> list[Scored]:
    """Every token at a log-probability of -1, and another always better."""
    return [(-1.0, token + 1, -0.5) for token in ids]


def completions(body: JsonValue, dialect: Dialect, likelihood: Likelihood) -> Fields:
    """The body of the answer, without the model's name; raises Refused."""
    try:
        sent = _Sent.model_validate(body)
    except ValidationError as error:
        raise Refused(400, f"a prompt of token ids is needed: {error.errors()[0]['msg']}") from error
    if "echo" not in dialect.heeds:
        raise Refused(400, "Only no echo is supported")
    if not (sent.echo and sent.logprobs is not None and sent.max_tokens == 1):
        raise Refused(400, "only `echo` with `logprobs` and one more token is served here")
    *own, last = likelihood(sent.prompt)
    read = [*sent.prompt[1:], last[1]]
    scored = [*own, last]
    tops: list[JsonValue] = [
        {f"token_id:{token}": logprob, f"token_id:{best}": best_logprob}
        for token, (logprob, best, best_logprob) in zip(read, scored, strict=True)
    ]
    fields: Fields = {
        "token_logprobs": [None, *(logprob for logprob, _, _ in scored)],
        "top_logprobs": [None, *tops],
    }
    choice: Fields = {"index": 0, "text": "", "logprobs": fields, "finish_reason": "length"}
    usage: Fields = {"prompt_tokens": len(sent.prompt), "completion_tokens": 1}
    return {"object": "text_completion", "created": 0, "choices": [choice], "usage": usage}
