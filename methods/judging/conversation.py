"""How a conversation opens, and when a completion must not become a label."""

from collections.abc import Sequence
from typing import Protocol

from datasets_registry.rows.imported import ChatMessage
from generation.request import Completion, Message
from methods.templates import fill


class Asked(Protocol):
    """A row that holds what the user says, and the turns before."""

    @property
    def prompt(self) -> str:
        """What the user says."""
        ...

    @property
    def history(self) -> list[ChatMessage]:
        """Turns before the prompt."""
        ...


def asked_of(row: Asked) -> tuple[Message, ...]:
    """The conversation up to the answer."""
    return (*messages_of(row.history), Message(role="user", content=row.prompt))


def messages_of(turns: Sequence[ChatMessage]) -> tuple[Message, ...]:
    """A row's turns as messages for a model."""
    return tuple(Message(role=one.role, content=one.content) for one in turns)


def opening(row: Asked, system_prompt: str | None) -> tuple[Message, ...]:
    """The conversation, after the named system prompt's text if there is one."""
    asked = asked_of(row)
    if system_prompt is None:
        return asked
    return (Message(role="system", content=fill(system_prompt)), *asked)


def opening_templates(system_prompt: str | None) -> tuple[str, ...]:
    """The names of the prompt templates that ``opening`` uses."""
    return () if system_prompt is None else (system_prompt,)


def failure_of(completion: Completion) -> str | None:
    """Why the completion is not a whole answer: an error, truncated or empty; None if it is."""
    if completion.error is not None:
        return f"error: {completion.error}"
    if not completion.text.strip():
        return "empty"
    return "truncated" if completion.finish_reason == "length" else None
