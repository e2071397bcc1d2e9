"""What is asked of a model and what comes back; and the contract that every backend keeps."""

import hashlib
from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple, Protocol

from pydantic import Field, field_validator

from datasets_registry.hashing import canonical, digest
from datasets_registry.settings import Settings

# counts every change of how a key is computed; `tests/generation/ledger/test_key.py` holds it to its digests
KEY_SCHEME = 2
NOISE_SCHEME = 1


class Message(Settings):
    """One turn of a conversation."""

    role: Literal["system", "user", "assistant"]
    content: str


class SamplingParams(Settings):
    """How tokens are drawn; temperature 0 takes the most probable one."""

    temperature: float = Field(1.0, ge=0)
    top_p: float = Field(1.0, gt=0, le=1)
    max_tokens: int = Field(256, ge=1)
    stop: tuple[str, ...] = ()


class Request(Settings):
    """One completion wanted: ``messages`` may end in an unfinished assistant turn to continue.

    With ``choices`` no text is drawn: the probability of each choice's one token is returned.
    """

    messages: tuple[Message, ...] = Field(min_length=1)
    params: SamplingParams = SamplingParams()
    seed: int = 0
    sample: int = 0
    choices: tuple[str, ...] = ()

    @field_validator("choices")
    @classmethod
    def _choices_are_distinct(cls, choices: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(choices)) != len(choices):
            raise ValueError(f"choices {choices!r} repeat one another")
        return choices

    @property
    def continues(self) -> bool:
        """Whether the last message is an assistant turn to go on with."""
        return self.messages[-1].role == "assistant"

    def key(self, model: str) -> str:
        """The ledger's key: all that determines the text's distribution, and not the backend.

        Fields at their default are left out, so that a new one leaves the keys of old requests alone.
        """
        # the digest of [KEY_SCHEME, model, fields not at their default], of which samples share the beginning
        sample = f',"sample":{self.sample}' if self.sample else ""
        seed = f',"seed":{self.seed}' if self.seed else ""
        return hashlib.sha256(f"{_shared(model, self)}{sample}{seed}}}]".encode()).hexdigest()

    @property
    def noise_key(self) -> str:
        """What the sampling noise hangs on: more tokens or another stop only go on or cut."""
        messages = [one.model_dump() for one in self.messages]
        return digest([NOISE_SCHEME, messages, self.seed, self.sample])


class _Shared(NamedTuple):
    """What the last key began with, and of which parts: the next sample's key begins so too."""

    model: str = ""
    messages: tuple[Message, ...] = ()
    params: SamplingParams | None = None
    choices: tuple[str, ...] = ()
    text: str = ""


_last = _Shared()


def _shared(model: str, one: Request) -> str:
    """The canonical JSON of a request's key up to its sample and seed, which sort last."""
    global _last
    last = _last
    same = last.messages == one.messages and last.params is one.params and last.choices == one.choices
    if not (same and last.model == model):
        parts = one.model_dump(mode="json", exclude_defaults=True, exclude={"sample", "seed"})
        text = canonical([KEY_SCHEME, model, parts]).decode().removesuffix("}]")
        # replaced as one, so that threads see either
        _last = last = _Shared(model, one.messages, one.params, one.choices, text)
    return last.text


class Completion(Settings):
    """A finished sample. ``error`` says why there is none; then ``text`` is empty.

    ``num_cached_tokens`` of the prompt's tokens were not computed anew (a shared prefix).

    ``num_completion_tokens`` are all that were drawn, the one that ended the turn included.

    ``choice_probabilities`` are raw, in the order of the request's choices, and with
    ``outside_probability`` they sum to one.
    """

    text: str = ""
    finish_reason: Literal["stop", "length", "choice", "error"]
    error: str | None = None
    num_prompt_tokens: int = 0
    num_cached_tokens: int = 0
    num_completion_tokens: int = 0
    choice_probabilities: tuple[float, ...] | None = None
    outside_probability: float | None = None


class Backend(Protocol):
    """Something that completes requests; loads its model on the first one that needs it."""

    name: str
    fingerprint: str

    def complete(self, requests: Sequence[Request]) -> Iterator[tuple[int, Completion]]:
        """Yield (index into ``requests``, completion) as each finishes, in any order.

        A request that cannot be completed yields a completion with an error, not an exception.
        """
        ...

    def close(self) -> None:
        """Release the model's memory."""
        ...
