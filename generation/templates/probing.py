"""What a chat template makes of fixed conversations: whether its text is steady, and a hash of its tokens."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime

from pydantic import JsonValue

from datasets_registry.errors import BadInput
from datasets_registry.hashing import digest
from generation.chat import Unrenderable, finished, opening, render
from generation.request import Message
from generation.spelling import encoded
from generation.tokenizer import Tokenizer
from generation.words import PLAIN, TEMPLATE_ERRORS, template_source

CLOCK = "strftime_now"
# what Jinja has that gives another text each time
CHANCE = ("random", "lipsum")
_CHANCE = re.compile(r"\|\s*(random)\b|\b(lipsum)\s*\(")
_COMMENT = re.compile(r"\{#.*?#\}", re.DOTALL)
# no part of the clock is the same at both
MOMENTS = (datetime(2001, 2, 3, 4, 5, 6), datetime(2034, 11, 12, 21, 22, 23))
_TOOL: Mapping[str, JsonValue] = {
    "type": "function",
    "function": {"name": "add", "description": "Adds", "parameters": {"type": "object", "properties": {}}},
}


def without_comments(source: str) -> str:
    """A template's source, its comments taken out."""
    return _COMMENT.sub("", source)


def require_steady(tokenizer: Tokenizer) -> None:
    """Raise BadInput where the template's text depends on the clock or on chance beside the messages."""
    source = without_comments(template_source(tokenizer))
    if chance := _CHANCE.search(source):
        raise BadInput(
            f"the chat template of {tokenizer.name_or_path!r} has {chance[1] or chance[2]!r}, so that equal "
            "requests are other prompts each time: give the model a template without it"
        )
    first, second = (list(_texts_at(tokenizer, moment)) for moment in MOMENTS)
    if first != second:
        raise BadInput(
            f"the chat template of {tokenizer.name_or_path!r} writes the date by {CLOCK!r}, so that equal "
            "requests are other prompts each day: build the given model that it comes from again, which "
            "holds the date fast"
        )


def _texts_at(tokenizer: Tokenizer, moment: datetime) -> Iterator[str]:
    for conversation in PLAIN:
        turns = [{"role": turn.role, "content": turn.content} for turn in conversation]
        for tools in (None, [_TOOL]):
            for asks in (True, False):
                try:
                    yield tokenizer.apply_chat_template(
                        turns,
                        tools=tools,
                        tokenize=False,
                        add_generation_prompt=asks,
                        strftime_now=moment.strftime,
                    )
                except TEMPLATE_ERRORS as error:
                    yield str(error)


def rendering_digest(tokenizer: Tokenizer) -> str:
    """The hash of the tokens of fixed conversations: fresh, begun and finished.

    Where the vocabulary cannot spell them their text stands for them, and where the template refuses one its
    words do.
    """
    return digest([_read(tokenizer, text) for text in renderings(tokenizer)])[:16]


def renderings(tokenizer: Tokenizer) -> list[str]:
    """The fixed conversations as text: up to a fresh turn, to where its text begins, and finished."""
    return [text for conversation in PLAIN for text in _rendered(tokenizer, conversation)]


def _rendered(tokenizer: Tokenizer, conversation: Sequence[Message]) -> Iterator[str]:
    answered = [*conversation, Message(role="assistant", content="hello")]
    parts: tuple[Callable[[], str], ...] = (
        lambda: render(tokenizer, conversation, continues=False),
        lambda: opening(tokenizer, conversation),
        lambda: finished(tokenizer, answered),
    )
    for part in parts:
        try:
            yield part()
        except Unrenderable as error:
            if error.rendered is None:
                # the cause, as the sentence around it names a folder
                yield str(error.__cause__)
                return
            # a text that the template leaves out is no other rendering
            yield error.rendered


def _read(tokenizer: Tokenizer, text: str) -> list[int] | str:
    encoding = encoded(tokenizer, text)
    return text if encoding is None else encoding["input_ids"]
