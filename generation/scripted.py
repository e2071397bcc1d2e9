"""A backend that gives scripted replies: for tests, examples and dry runs of a pipeline."""

from collections.abc import Callable, Iterator, Sequence

from datasets_registry.hashing import digest
from generation.request import Completion, Request

Script = Callable[[Request], str | Completion]


class ScriptedBackend:
    """Answers each request by ``script``: a text, or a whole completion (choices, failures)."""

    def __init__(self, script: Script, *, name: str = "scripted", model: str = "scripted") -> None:
        self.name = name
        self.fingerprint = digest(model)
        self.requests: list[Request] = []
        self._script = script

    def complete(self, requests: Sequence[Request]) -> Iterator[tuple[int, Completion]]:
        """Yield the scripted completions, last request first, since order is not promised."""
        for index in reversed(range(len(requests))):
            self.requests.append(requests[index])
            reply = self._script(requests[index])
            yield index, reply if isinstance(reply, Completion) else _spoken(reply)

    def close(self) -> None:
        """Nothing is held."""


def chosen(*probabilities: float) -> Completion:
    """A completion of a request with choices, each with its raw probability."""
    outside = max(0.0, 1.0 - sum(probabilities))
    return Completion(finish_reason="choice", choice_probabilities=probabilities, outside_probability=outside)


def _spoken(text: str) -> Completion:
    return Completion(text=text, finish_reason="stop", num_completion_tokens=len(text.split()))
