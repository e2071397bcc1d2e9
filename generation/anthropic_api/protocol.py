"""Requests and completions in the words of Anthropic's Messages API."""

from collections.abc import Iterable, Mapping

from pydantic import BaseModel, JsonValue

from datasets_registry.plain_text import plain_line
from datasets_registry.rows.conversation import json_object
from datasets_registry.rows.words import FinishReason
from generation.anthropic_api.turns import sent_conversation, sent_tools
from generation.remote.answers import Lenient, failed
from generation.request import Completion, Request, SamplingParams

# the last version of the API that has temperature and top_p; models from 4.7 on take neither in any version
SAMPLING_VERSION = "2023-06-01"
Fields = dict[str, JsonValue]
_FINISHED: Mapping[object, FinishReason] = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
}
# newer models return no word of their thought unless they are asked for a summary
_SHOWN_THOUGHT: Fields = {"type": "adaptive", "display": "summarized"}
_NO_PROBABILITIES = (
    "Anthropic's API gives no probabilities: ask in words or by a schema (verdicts = 'text' or 'schema'), or "
    "use a local backend or a vLLM server"
)


class _Block(BaseModel):
    type: str
    text: JsonValue = None
    thinking: JsonValue = None


class _Details(BaseModel):
    category: Lenient[str] = None
    explanation: Lenient[str] = None


class Usage(BaseModel):
    """What the answer cost; ``input_tokens`` are those that no cache had to do with."""

    input_tokens: Lenient[int] = None
    cache_creation_input_tokens: Lenient[int] = None
    cache_read_input_tokens: Lenient[int] = None
    output_tokens: Lenient[int] = None

    @property
    def counts(self) -> dict[str, int]:
        """The counts of a completion, whose prompt is all that was read."""
        cached = self.cache_read_input_tokens or 0
        return {
            "num_prompt_tokens": (self.input_tokens or 0) + (self.cache_creation_input_tokens or 0) + cached,
            "num_cached_tokens": cached,
            "num_completion_tokens": self.output_tokens or 0,
        }


class Reply(BaseModel):
    """A server's answer: the part of it that is used."""

    content: list[_Block]
    stop_reason: JsonValue = None
    stop_details: Lenient[_Details] = None
    usage: Lenient[Usage] = None
    model: Lenient[str] = None

    @property
    def counts(self) -> dict[str, int]:
        """The counts of a completion; 0 where they are not said."""
        return (self.usage or Usage()).counts


def unservable(request: Request) -> str | None:
    """Why the API could not serve the request; None where it could."""
    if request.continues:
        return (
            "Anthropic's API continues no unfinished turn: let the model begin its turn itself (for a judge "
            "begun = false), or use a local backend or a vLLM server"
        )
    if request.choices or request.continuation is not None:
        return _NO_PROBABILITIES
    if request.params.temperature > 1:
        return f"Anthropic's API takes no temperature above 1, as {request.params.temperature:g} is: lower it"
    blank = next((text for text in request.params.stop if not text.strip()), None)
    if blank is not None:
        return f"Anthropic's API stops at no white space alone, as {blank!r} is: take another stop sequence"
    return None


def body(request: Request, model: str, thinking: bool | None = None) -> Fields:
    """The JSON to post; raises Unsendable where a part of the request has no place in it."""
    params = request.params
    fields: Fields = {"model": model, "max_tokens": params.max_tokens, **sent_conversation(request.messages)}
    if request.tools is not None:
        fields["tools"] = sent_tools(request.tools)
    if request.answer_schema is not None:
        schema = json_object(request.answer_schema)
        fields["output_config"] = {"format": {"type": "json_schema", "schema": schema}}
    if thinking is not None:
        fields["thinking"] = dict(_SHOWN_THOUGHT) if thinking else {"type": "disabled"}
    if params.stop:
        fields["stop_sequences"] = list(params.stop)
    return fields | _sampling(params)


def _sampling(params: SamplingParams) -> Fields:
    """``temperature`` and ``top_p`` where they are not 1, which is what the API does without them."""
    wanted: Fields = {"temperature": params.temperature, "top_p": params.top_p}
    return {name: value for name, value in wanted.items() if value != 1}


def version_headers(bodies: Iterable[Fields]) -> dict[str, str]:
    """What asks for the version of the API that has ``temperature`` and ``top_p``, if a body sets either."""
    sampled = any(not {"temperature", "top_p"}.isdisjoint(fields) for fields in bodies)
    return {"anthropic-version": SAMPLING_VERSION} if sampled else {}


def completion(reply: Reply) -> Completion:
    """The server's answer as a completion; a failed row where it is no finished or truncated text."""
    reason = _unusable(reply)
    if reason is not None:
        return failed(reason, reply.counts)
    texts = [block.text for block in reply.content if block.type == "text"]
    thoughts = [block.thinking for block in reply.content if block.type == "thinking"]
    return Completion(
        text="".join(text for text in texts if isinstance(text, str)),
        finish_reason=_FINISHED[reply.stop_reason],
        thought="\n\n".join(text for text in thoughts if isinstance(text, str) and text) or None,
        **reply.counts,
    )


def _unusable(reply: Reply) -> str | None:
    if reply.stop_reason == "refusal":
        return _declined(reply.stop_details or _Details())
    kinds = {block.type for block in reply.content}
    if "tool_use" in kinds:
        return "the server answered with a tool call, which a completion does not hold: leave the tools out"
    if unknown := sorted(kinds - {"text", "thinking", "redacted_thinking"}):
        return f"the server answered with a block of type {unknown[0]!r}, which is no text"
    if not isinstance(reply.stop_reason, str) or reply.stop_reason not in _FINISHED:
        return f"the server ended with stop_reason {reply.stop_reason!r}"
    odd = [block.text for block in reply.content if block.type == "text" and not isinstance(block.text, str)]
    return f"the server answered with {odd[0]!r} in place of a text" if odd else None


def _declined(details: _Details) -> str:
    category = f" as {details.category}" if details.category else ""
    explanation = f" ({plain_line(details.explanation, 200)})" if details.explanation else ""
    return f"the provider stopped the answer{category}, stop_reason 'refusal'{explanation}"
