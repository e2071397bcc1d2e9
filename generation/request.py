"""What is asked of a model and what comes back; and the contract that every backend keeps."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Annotated, Any, Protocol, TypeVar, runtime_checkable

from pydantic import Field, ValidationInfo, field_validator

from datasets_registry.hashing import canonical, digest
from datasets_registry.rows.conversation import Role, Tool, ToolCall, json_object
from datasets_registry.rows.words import FinishReason
from datasets_registry.settings import Distinct, Frozen, Settings

# counts every change of how a key is computed; `tests/generation/ledger/test_key.py` holds it to its digests
KEY_SCHEME = 2
NOISE_SCHEME = 1
T = TypeVar("T")
# sample indices that each draw has to itself: more than any method asks of one prompt
A_DRAW = 1_000_000
_DRAW: ContextVar[int] = ContextVar("draw", default=0)
# what is added to a key by itself, and what changes no completion: whether a turn is learned
_NO_KEY: dict[str, bool | dict[str, set[str]]] = {
    "sample": True,
    "seed": True,
    "messages": {"__all__": {"trainable"}},
}


@contextmanager
def drawing(number: int) -> Iterator[None]:
    """Let what is sampled within this context have sample indices of draw ``number``; the first is 0."""
    before = _DRAW.set(number)
    try:
        yield
    finally:
        _DRAW.reset(before)


class Message(Frozen):
    """One turn of a conversation; what is None is not sent, and is no part of any key."""

    role: Role
    content: str
    reasoning: str | None = None
    """What the assistant thought before it spoke."""
    tool_calls: tuple[ToolCall, ...] | None = Field(None, min_length=1)
    tool_call_id: str | None = None
    """The call that a tool answers."""
    name: str | None = None
    """Who of several speakers speaks, or which tool answers."""
    trainable: bool | None = None
    """Whether the turn is learned; of training alone, and never sent."""

    @field_validator("reasoning", "tool_calls", "tool_call_id")
    @classmethod
    def _fits_the_role(cls, value: T, info: ValidationInfo) -> T:
        role = "tool" if info.field_name == "tool_call_id" else "assistant"
        if value is not None and info.data.get("role") != role:
            raise ValueError(f"only a message of role {role!r} has {info.field_name}")
        return value


class SamplingParams(Settings):
    """How tokens are sampled; temperature 0 takes the most probable one."""

    temperature: float = Field(1.0, ge=0, le=100)
    top_p: float = Field(1.0, gt=0, le=1)
    max_tokens: int = Field(256, ge=1)
    stop: Annotated[tuple[str, ...], Distinct] = ()


class Request(Frozen):
    """A completion to be made: ``messages`` may end in an unfinished assistant turn to continue.

    With ``choices`` or a ``continuation`` nothing is sampled: the model's own probabilities, at
    temperature 1 and without top-p, are those of each choice's one token, or of the continuation as what
    the assistant says next.
    """

    messages: tuple[Message, ...] = Field(min_length=1)
    params: SamplingParams = SamplingParams()
    seed: int = 0
    sample: int = 0
    choices: tuple[str, ...] = ()
    continuation: str | None = Field(None, min_length=1)
    tools: tuple[Tool, ...] | None = Field(None, min_length=1)
    answer_schema: str | None = None
    """The JSON schema, as text, of the object that the answer has to be."""

    @field_validator("choices")
    @classmethod
    def _choices_are_distinct(cls, choices: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(choices)) != len(choices):
            raise ValueError(f"choices {choices!r} repeat one another")
        return choices

    @field_validator("continuation")
    @classmethod
    def _is_alone(cls, continuation: str | None, info: ValidationInfo) -> str | None:
        if continuation is not None and info.data.get("choices"):
            raise ValueError("a request has either choices or a continuation: make two requests")
        return continuation

    @field_validator("answer_schema")
    @classmethod
    def _is_of_a_sampled_text(cls, schema: str | None, info: ValidationInfo) -> str | None:
        if schema is None:
            return None
        if info.data.get("choices") or info.data.get("continuation"):
            raise ValueError("an answer to a schema is sampled: leave choices and continuation out")
        if json_object(schema) is None:
            raise ValueError(f"{schema[:80]!r} is not a JSON object: give a JSON schema")
        return schema

    def model_post_init(self, context: Any) -> None:
        """Take the sample index to today's draw, where anything is sampled."""
        if (number := _DRAW.get()) and self.is_sampled and self.sample < A_DRAW:
            object.__setattr__(self, "sample", number * A_DRAW + self.sample)

    @property
    def is_sampled(self) -> bool:
        """Whether another sample of it may be another text."""
        return self.params.temperature > 0 and not self.choices and self.continuation is None

    @property
    def continues(self) -> bool:
        """Whether the last message is an unfinished assistant turn."""
        return self.messages[-1].role == "assistant"

    def key(self, model: str) -> str:
        """The ledger's key: all that determines the text's distribution, and not the backend.

        Fields at their default are left out, so that a new one leaves the keys of old requests alone.
        """
        return keys(model, [self])[0]

    @property
    def noise_key(self) -> str:
        """What the sampling noise depends on; more tokens or other stops only lengthen or cut the text."""
        messages = [turn.model_dump(exclude_none=True, exclude={"trainable"}) for turn in self.messages]
        tools = [] if self.tools is None else [[tool.model_dump() for tool in self.tools]]
        return digest([NOISE_SCHEME, messages, self.seed, self.sample, *tools])


def keys(model: str, requests: Sequence[Request]) -> list[str]:
    """Each request's ledger key; what neighbours share, as samples of one prompt do, is dumped once."""
    digests = []
    last: Request | None = None
    head = tail = ""
    for request in requests:
        if last is None or not _differ_in_sample_alone(request, last):
            head, tail = _around_the_sample(model, request)
        sample = f',"sample":{request.sample}' if request.sample else ""
        seed = f',"seed":{request.seed}' if request.seed else ""
        digests.append(hashlib.sha256(f"{head}{sample}{seed}{tail}".encode()).hexdigest())
        last = request
    return digests


def _differ_in_sample_alone(request: Request, other: Request) -> bool:
    return (
        request.messages == other.messages
        and request.params is other.params
        and request.choices == other.choices
        and request.continuation == other.continuation
        and request.tools == other.tools
        and request.answer_schema == other.answer_schema
    )


def _around_the_sample(model: str, request: Request) -> tuple[str, str]:
    """The canonical JSON of [scheme, model, fields not at their default], but for sample and seed."""
    parts = request.model_dump(mode="json", exclude_defaults=True, exclude=_NO_KEY)
    tools = parts.pop("tools", None)
    head = canonical([KEY_SCHEME, model, parts]).decode().removesuffix("}]")
    # of all fields the tools alone sort behind the seed
    return head, ("" if tools is None else f',"tools":{canonical(tools).decode()}') + "}]"


class Completion(Frozen):
    """A finished sample. ``error`` says why there is none; then ``text`` is empty.

    ``num_prompt_tokens`` are all that were read, a given continuation included.

    ``num_cached_tokens`` of the prompt's tokens were not computed anew (a shared prefix).

    ``num_completion_tokens`` are all that were sampled, the one that ended the turn included.

    ``thought`` is what a server returned of the model's thought in a field of its own, which is no part of
    the text. Backends that run a model themselves leave thought in the text, between its marks.

    ``choice_probabilities`` are raw, in the order of the request's choices, and with
    ``outside_probability`` they sum to one.

    ``continuation_logprob`` is the sum over the ``num_continuation_tokens`` of the continuation, each
    given the prompt and the tokens before it; the turn's end is not among them.
    ``continuation_is_greedy`` says whether each is the most probable one.

    ``prompt_digest`` is the hash of the tokens that were read, where they are known: the key holds the
    messages, and this what a chat template made of them. ``prompt_renderer`` is the hash of the code and the
    libraries that rendered them.
    """

    text: str = ""
    finish_reason: FinishReason
    error: str | None = None
    thought: str | None = None
    num_prompt_tokens: int = 0
    num_cached_tokens: int = 0
    num_completion_tokens: int = 0
    choice_probabilities: tuple[float, ...] | None = None
    outside_probability: float | None = None
    continuation_logprob: float | None = None
    num_continuation_tokens: int | None = None
    continuation_is_greedy: bool | None = None
    prompt_digest: str | None = None
    prompt_renderer: str | None = None


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


@runtime_checkable
class Feeds(Protocol):
    """A backend that takes further requests while it completes others."""

    name: str
    fingerprint: str

    def complete_fed(
        self, requests: Sequence[Request], more: Callable[[], Sequence[Request]]
    ) -> Iterator[tuple[int, Completion]]:
        """As ``complete``; after a completion ``more`` says what else there is, numbered on.

        It ends when all are completed and there is nothing else.
        """
        ...


@runtime_checkable
class Renders(Protocol):
    """A backend that makes the tokens of a prompt itself."""

    def prompt_digests(self, requests: Sequence[Request]) -> list[str | None]:
        """The hash of each request's tokens, as its completion has it; None where it cannot be read."""
        ...
