"""Conversations before an answer, and completions that must not become a label."""

from collections.abc import Sequence
from typing import Protocol

from datasets_registry.rows.imported import ChatMessage
from generation.request import Completion, Message
from methods.templates import fill


class PromptRow(Protocol):
    """A row with what the user says and the turns before it."""

    @property
    def prompt(self) -> str:
        """What the user says."""
        ...

    @property
    def history(self) -> list[ChatMessage]:
        """Turns before the prompt."""
        ...


def conversation_of(row: PromptRow) -> tuple[Message, ...]:
    """The conversation up to the answer."""
    return (*messages_of(row.history), Message(role="user", content=row.prompt))


def messages_of(turns: Sequence[ChatMessage]) -> tuple[Message, ...]:
    """A row's turns as messages for a model."""
    return tuple(Message.model_validate(dict(turn)) for turn in turns)


def opening(row: PromptRow, system_prompt: str | None) -> tuple[Message, ...]:
    """The conversation after the text of the named system prompt, if any.

    Raises what ``fill`` raises where there is no such template.
    """
    conversation = conversation_of(row)
    if system_prompt is None:
        return conversation
    return (Message(role="system", content=fill(system_prompt)), *conversation)


def opening_templates(system_prompt: str | None) -> tuple[str, ...]:
    """The names of the prompt templates that ``opening`` uses."""
    return () if system_prompt is None else (system_prompt,)


def failure_of(completion: Completion) -> str | None:
    """Why the completion is not a whole answer: an error, empty or truncated; None if it is one."""
    if completion.error is not None:
        return f"error: {completion.error}"
    if not completion.text.strip():
        return "empty"
    return "truncated" if completion.finish_reason == "length" else None
