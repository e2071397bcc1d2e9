"""Conversations in files: turns of a transcript, messages by role or by speaker."""

import re
from collections.abc import Sequence

from datasets_registry.importing.rejection import Rejected

Turns = list[dict[str, str]]

_MARK = re.compile(r"\n\n(Human|Assistant):")
_ROLES = {
    "system": "system",
    "user": "user",
    "assistant": "assistant",
    "human": "user",
    "gpt": "assistant",
    "Human": "user",
    "Assistant": "assistant",
}


def transcript(text: object) -> Turns:
    """The turns of ``"\\n\\nHuman: … \\n\\nAssistant: …"``, stripped; raises Rejected for other texts."""
    if not isinstance(text, str):
        raise Rejected("a dialogue is not text")
    before, *parts = _MARK.split(text)
    if before.strip() or not parts:
        raise Rejected("a dialogue does not start with a human turn")
    return [
        {"role": _ROLES[speaker], "content": content.strip()}
        for speaker, content in zip(parts[::2], parts[1::2], strict=True)
    ]


def turns(messages: object, role: str = "role", content: str = "content") -> Turns:
    """Messages as role and content; ``role`` and ``content`` name the fields that hold them.

    Raises Rejected where they are not messages.
    """
    if not isinstance(messages, Sequence) or isinstance(messages, str) or not messages:
        raise Rejected("the conversation is not a list of messages")
    return [_turn(message, role, content) for message in messages]


def _turn(message: object, role: str, content: str) -> dict[str, str]:
    if not isinstance(message, dict) or role not in message:
        raise Rejected(f"a message has no {role}")
    speaker, text = message[role], message.get(content)
    if not isinstance(speaker, str) or speaker not in _ROLES:
        raise Rejected(
            "a message has an unknown role", f"a message has the unknown role {str(speaker)[:40]!r}"
        )
    if isinstance(text, list) and all(isinstance(part, dict) and part.get("type") == "text" for part in text):
        text = "\n".join(str(part.get("text", "")) for part in text)
    if not isinstance(text, str):
        raise Rejected("a message is not text")
    return {"role": _ROLES[speaker], "content": text.strip()}


def answered(conversation: Turns) -> tuple[Turns, str]:
    """The conversation up to its last answer, and that answer; raises Rejected where there is none."""
    *context, last = conversation
    if last["role"] != "assistant":
        raise Rejected("the conversation does not end with an answer")
    if not last["content"]:
        raise Rejected("the last answer is empty")
    last_prompt(context)
    return context, last["content"]


def last_prompt(context: Turns) -> str:
    """The text of ``context``'s last turn; raises Rejected where it is empty or not the user's."""
    if not context or context[-1]["role"] != "user":
        raise Rejected("there is no user turn before the answer")
    if not context[-1]["content"]:
        raise Rejected("the last user turn is empty")
    return context[-1]["content"]
