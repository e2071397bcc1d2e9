"""Thoughts of earlier turns, of which each chat template has a rule of its own."""

from collections.abc import Sequence
from functools import lru_cache

from datasets_registry.rows.conversation import Tool
from generation.chat import Unrenderable, templated
from generation.request import Message, Request
from generation.tokenizer import Tokenizer
from generation.words import TEMPLATE_ERRORS, template_source

_THOUGHT = "TRIMTAB THOUGHT"
_THINKING = (
    Message(role="user", content="hello"),
    Message(role="assistant", content="hi", reasoning=_THOUGHT),
)


def without_dropped_thoughts(
    tokenizer: Tokenizer, messages: Sequence[Message], tools: Sequence[Tool]
) -> Sequence[Message]:
    """The conversation up to a fresh turn, without the thoughts that the template drops by its own rule.

    A template that reads no thought at all has no such rule: nothing is taken out, and rendering says so.
    """
    places = [index for index, message in enumerate(messages) if message.reasoning]
    if not places or not reads_thoughts(tokenizer):
        return messages

    def text(turns: Sequence[Message]) -> str:
        return templated(tokenizer, turns, tools, add_generation_prompt=True)

    try:
        whole = text(messages)
        for index in places:
            bare = messages[index].model_copy(update={"reasoning": None})
            without = [*messages[:index], bare, *messages[index + 1 :]]
            if text(without) == whole:
                messages = without
    except TEMPLATE_ERRORS:
        # rendering it says why
        return messages
    return messages


def as_read(tokenizer: Tokenizer, request: Request) -> Request:
    """The request as the model reads it, without the thoughts of earlier turns that its template drops."""
    *before, last = request.messages
    given = before if request.continues else [*before, last]
    kept = without_dropped_thoughts(tokenizer, given, request.tools or ())
    if kept is given:
        return request
    return request.model_copy(update={"messages": (*kept, last) if request.continues else tuple(kept)})


def reads_thoughts(tokenizer: Tokenizer) -> bool:
    """Whether the template writes what the assistant thought before its last answer."""
    return _reads_thoughts(tokenizer, template_source(tokenizer))


@lru_cache(maxsize=8)
def _reads_thoughts(tokenizer: Tokenizer, _: str) -> bool:
    try:
        return _THOUGHT in templated(tokenizer, _THINKING, (), add_generation_prompt=False)
    except (Unrenderable, *TEMPLATE_ERRORS):
        return False
