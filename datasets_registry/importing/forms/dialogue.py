"""Conversations up to an answer: turns of a transcript, the last answer, the last prompt."""

import re
from itertools import takewhile

from datasets_registry.importing.forms.messages import Turns
from datasets_registry.importing.records import Value, Values
from datasets_registry.importing.rejection import Rejected

_MARK = re.compile(r"\n\n(Human|Assistant): ?")
_SPEAKERS = {"Human": "user", "Assistant": "assistant"}
# what an answer may carry besides its text
BESIDE_TEXT = ("reasoning", "tool_calls")


def transcript(text: object) -> Turns:
    """The turns of ``"\\n\\nHuman: … \\n\\nAssistant: …"``; raises Rejected for other texts."""
    if not isinstance(text, str):
        raise Rejected("a dialogue is not text")
    before, *parts = _MARK.split(text)
    if before.strip() or not parts:
        raise Rejected("a dialogue does not start with a human turn")
    return [
        {"role": _SPEAKERS[speaker], "content": content}
        for speaker, content in zip(parts[::2], parts[1::2], strict=True)
    ]


def answered(conversation: Turns) -> tuple[Turns, Values]:
    """The conversation up to its last answer, and that answer; raises Rejected where there is none.

    An answer that is marked as not to be learned is rejected too, and one that says and calls nothing.
    """
    *context, last = conversation
    if last["role"] != "assistant":
        raise Rejected("the conversation does not end with an answer")
    if last.get("trainable") is False:
        raise Rejected("the last answer is marked as not to be learned")
    if not last["content"].strip() and "tool_calls" not in last:
        raise Rejected("the last answer is empty")
    last_prompt(context)
    return context, last


def last_prompt(context: Turns) -> str:
    """The user's last text in ``context``, which the user or a tool ends.

    Raises Rejected where it is empty, or somebody else ends it.
    """
    said = [turn["content"] for turn in context if turn["role"] == "user"]
    if not said or context[-1]["role"] not in ("user", "tool"):
        raise Rejected("there is no user turn before the answer")
    if not (said[-1] or "").strip():
        raise Rejected("the last user turn is empty")
    return str(said[-1])


def demonstration(conversation: Turns) -> Values:
    """The columns of a conversation and its last answer; raises Rejected where it does not end with one.

    Results of tools that it called last are left out, as nothing was said to them.
    """
    context, last = answered(_up_to_calls(conversation))
    beside = {name: last[name] for name in BESIDE_TEXT if name in last}
    return {"messages": context, "prompt": last_prompt(context), "completion": last["content"]} | beside


def _up_to_calls(conversation: Turns) -> Turns:
    num_results = len(list(takewhile(lambda turn: turn["role"] == "tool", reversed(conversation))))
    return conversation[: len(conversation) - num_results] or conversation


def asked(text: Value) -> Turns:
    """The turns of a prompt that is text."""
    return [{"role": "user", "content": text}]


def reply(text: Value) -> Turns:
    """The turns of an answer that is text."""
    return [{"role": "assistant", "content": text}]
