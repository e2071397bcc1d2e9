"""Conversations as files have them: turns of a transcript, messages by role or by speaker."""

import re
from collections.abc import Sequence
from typing import Any

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


def transcript(text: Any) -> Turns:
    """The turns of ``"\\n\\nHuman: … \\n\\nAssistant: …"``, without the space around each."""
    if not isinstance(text, str):
        raise Rejected("a dialogue is not text")
    before, *parts = _MARK.split(text)
    if before.strip() or not parts:
        raise Rejected("a dialogue does not start with a human turn")
    return [
        {"role": _ROLES[speaker], "content": said.strip()}
        for speaker, said in zip(parts[::2], parts[1::2], strict=True)
    ]


def turns(messages: Any, role: str = "role", content: str = "content") -> Turns:
    """Messages as role and content; ``role`` and ``content`` name the fields that hold them."""
    if not isinstance(messages, Sequence) or isinstance(messages, str) or not messages:
        raise Rejected("the conversation is not a list of messages")
    return [_turn(one, role, content) for one in messages]


def _turn(message: Any, role: str, content: str) -> dict[str, str]:
    if not isinstance(message, dict) or role not in message:
        raise Rejected(f"a message has no {role}")
    speaker, said = message[role], message.get(content)
    if not isinstance(speaker, str) or speaker not in _ROLES:
        raise Rejected(
            "a message has an unknown role", f"a message has the unknown role {str(speaker)[:40]!r}"
        )
    if isinstance(said, list) and all(isinstance(one, dict) and one.get("type") == "text" for one in said):
        said = "\n".join(str(one.get("text", "")) for one in said)
    if not isinstance(said, str):
        raise Rejected("a message is not text")
    return {"role": _ROLES[speaker], "content": said.strip()}


def answered(conversation: Turns) -> tuple[Turns, str]:
    """The conversation up to its last answer, and that answer."""
    *context, last = conversation
    if last["role"] != "assistant":
        raise Rejected("the conversation does not end with an answer")
    if not last["content"]:
        raise Rejected("the last answer is empty")
    last_prompt(context)
    return context, last["content"]


def last_prompt(context: Turns) -> str:
    """What the user said last, which must be the last turn and not empty."""
    if not context or context[-1]["role"] != "user":
        raise Rejected("no user turn stands before the answer")
    if not context[-1]["content"]:
        raise Rejected("the last user turn is empty")
    return context[-1]["content"]
