"""How a conversation opens, and when a completion must not become a label."""

from generation.request import Completion, Message
from methods.templates import fill


def opening(prompt: str, system_prompt: str | None) -> tuple[Message, ...]:
    """The user's turn, after the named system prompt's text if there is one."""
    user = Message(role="user", content=prompt)
    if system_prompt is None:
        return (user,)
    return (Message(role="system", content=fill(system_prompt)), user)


def failure_of(completion: Completion) -> str | None:
    """Why the completion is not a whole answer: an error, truncated or empty; None if it is."""
    if completion.error is not None:
        return f"error: {completion.error}"
    if not completion.text.strip():
        return "empty"
    return "truncated" if completion.finish_reason == "length" else None
