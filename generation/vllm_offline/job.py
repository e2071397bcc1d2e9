"""What goes to the vLLM engine's process and what comes back: lists of these, as JSON."""

import math
from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict, TypeAdapter

from generation.request import Completion, Message, Request


class Adapter(BaseModel):
    """One version of a LoRA adapter; ``number`` is what the engine calls it."""

    model_config = ConfigDict(frozen=True)

    number: int
    version: str
    folder: str


class Draws(BaseModel):
    """Samples of a policy in training, begun together: after each of ``prompts``, which are token ids.

    Each ends with its first token of ``ends``; its noise depends on its key alone (64 hex digits).
    """

    model_config = ConfigDict(frozen=True)

    prompts: tuple[tuple[int, ...], ...]
    keys: tuple[str, ...]
    ends: tuple[int, ...]


class Drawn(BaseModel):
    """A sample's token ids, the one that ends it included, and their log-probabilities in nats.

    These are of the distribution that was sampled from, at its temperature. ``error`` says why there is none.
    """

    model_config = ConfigDict(frozen=True)

    tokens: tuple[int, ...] = ()
    logps: tuple[float, ...] = ()
    error: str | None = None

    @property
    def logp(self) -> float:
        """The log-probability of the whole sample."""
        return math.fsum(self.logps)


class Job(BaseModel):
    """One request, by its index among those of one call; or ``draws`` by its sampling parameters."""

    model_config = ConfigDict(frozen=True)

    index: int
    request: Request
    draws: Draws | None = None
    adapter: Adapter | None = None

    @property
    def prompt(self) -> Sequence[Message]:
        """What is read before anything is said; jobs with an equal one are best done by one process."""
        return self.request.messages


class Answer(BaseModel):
    """A job's completion, or its samples, or why the request can never have one."""

    model_config = ConfigDict(frozen=True)

    index: int
    completion: Completion | None = None
    drawn: tuple[Drawn, ...] | None = None
    bad_input: str | None = None


JOBS = TypeAdapter(list[Job])
ANSWERS = TypeAdapter(list[Answer])
# the first word of a process whose model is loaded: how many sequences it decodes at once
READY = TypeAdapter(int)
