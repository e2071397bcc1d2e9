"""A backend that gives scripted replies: for tests, examples and dry runs of a pipeline."""

import re
from collections.abc import Callable, Iterator, Sequence

from datasets_registry.hashing import digest
from generation.request import Completion, Request

Script = Callable[[Request], str | Completion]


class ScriptedBackend:
    """Answers each request by ``script``: a text, or a whole completion (choices, likelihoods, failures).

    A text's tokens are its words; it is cut at the request's stop strings and ``max_tokens``.
    """

    def __init__(self, script: Script, *, name: str = "scripted", model: str = "scripted") -> None:
        self.name = name
        self.fingerprint = digest(model)
        self.requests: list[Request] = []
        self._script = script

    def complete(self, requests: Sequence[Request]) -> Iterator[tuple[int, Completion]]:
        """Yield the scripted completions, last request first, since no order is promised."""
        for index in reversed(range(len(requests))):
            self.requests.append(requests[index])
            reply = self._script(requests[index])
            yield index, reply if isinstance(reply, Completion) else _completion(requests[index], reply)

    def in_order(self, stage: str, requests: Sequence[Request]) -> list[Completion]:
        """The scripted completions in the order of the requests, as a completer gives them."""
        completions = dict(self.complete(requests))
        return [completions[index] for index in range(len(requests))]

    def close(self) -> None:
        """Nothing is held."""


def completing(script: Script) -> Callable[[str, Sequence[Request]], list[Completion]]:
    """A completer over a script, without a ledger."""
    return ScriptedBackend(script).in_order


def chosen(*probabilities: float) -> Completion:
    """A completion of a request with choices, each with its raw probability."""
    outside = max(0.0, 1.0 - sum(probabilities))
    return Completion(finish_reason="choice", choice_probabilities=probabilities, outside_probability=outside)


def likely(logprob: float, num_tokens: int, *, greedy: bool) -> Completion:
    """A completion of a request with a continuation."""
    return Completion(
        finish_reason="continuation",
        continuation_logprob=logprob,
        num_continuation_tokens=num_tokens,
        continuation_is_greedy=greedy,
    )


def _completion(request: Request, text: str) -> Completion:
    if request.continuation is not None:
        reason = "the script gave a text where a likelihood is asked for: let it give scripted.likely(...)"
        return Completion(finish_reason="error", error=reason)
    read = sum(len(message.content.split()) for message in request.messages)
    cuts = [text.index(stop) for stop in request.params.stop if stop in text]
    text = text[: min(cuts)] if cuts else text
    words = list(re.finditer(r"\S+", text))
    limit = request.params.max_tokens
    if len(words) > limit:
        end = words[limit - 1].end()
        return Completion(
            text=text[:end], finish_reason="length", num_prompt_tokens=read, num_completion_tokens=limit
        )
    return Completion(
        text=text, finish_reason="stop", num_prompt_tokens=read, num_completion_tokens=len(words)
    )
