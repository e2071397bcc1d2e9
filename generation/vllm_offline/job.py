"""What goes to the vLLM engine's process and what comes back: lists of these, as JSON."""

from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict, TypeAdapter

from generation.request import Completion, Message, Request


class Adapter(BaseModel):
    """One version of a LoRA adapter; ``number`` is what the engine calls it."""

    model_config = ConfigDict(frozen=True)

    number: int
    version: str
    folder: str


class Job(BaseModel):
    """One request, by its index among those of one call."""

    model_config = ConfigDict(frozen=True)

    index: int
    request: Request
    adapter: Adapter | None = None

    @property
    def prompt(self) -> Sequence[Message]:
        """What is read before anything is said; jobs with an equal one are best done by one process."""
        return self.request.messages


class Answer(BaseModel):
    """A job's completion, or why the request can never have one."""

    model_config = ConfigDict(frozen=True)

    index: int
    completion: Completion | None = None
    bad_input: str | None = None


JOBS = TypeAdapter(list[Job])
ANSWERS = TypeAdapter(list[Answer])
# the first word of a process whose model is loaded: how many sequences it decodes at once
READY = TypeAdapter(int)
