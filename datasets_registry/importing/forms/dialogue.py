"""Conversations up to an answer: turns of a transcript, the last answer, the last prompt."""

import re

from datasets_registry.importing.forms.messages import Turns
from datasets_registry.importing.records import Value, Values
from datasets_registry.importing.rejection import Rejected

_MARK = re.compile(r"\n\n(Human|Assistant): ?")
_SPEAKERS = {"Human": "user", "Assistant": "assistant"}
# what a turn may carry and a completion, which is text alone, may not
_BEYOND_TEXT = {"tool_calls": "calls tools", "reasoning": "has a thought", "name": "has a speaker's name"}


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


def answered(conversation: Turns) -> tuple[Turns, str]:
    """The conversation up to its last answer, and that answer; raises Rejected where there is none.

    An answer that is more than its text, or is marked as not to be learned, is rejected too.
    """
    *context, last = conversation
    if last["role"] != "assistant":
        raise Rejected("the conversation does not end with an answer")
    for name, does in _BEYOND_TEXT.items():
        if name in last:
            raise Rejected(f"the last answer {does}, for which a completion has no place")
    if last.get("trainable") is False:
        raise Rejected("the last answer is marked as not to be learned")
    if not last["content"].strip():
        raise Rejected("the last answer is empty")
    last_prompt(context)
    return context, last["content"]


def last_prompt(context: Turns) -> str:
    """The user's last text in ``context``, which the user or a tool ends.

    Raises Rejected where it is empty, or somebody else ends it.
    """
    said = [turn["content"] for turn in context if turn["role"] == "user"]
    if not said or context[-1]["role"] not in ("user", "tool"):
        raise Rejected("there is no user turn before the answer")
    if not said[-1].strip():
        raise Rejected("the last user turn is empty")
    return str(said[-1])


def demonstration(conversation: Turns) -> Values:
    """The columns of a conversation and its last answer; raises Rejected where it does not end with one."""
    context, completion = answered(conversation)
    return {"messages": context, "prompt": last_prompt(context), "completion": completion}


def asked(text: Value) -> Turns:
    """The turns of a prompt that is text."""
    return [{"role": "user", "content": text}]


def reply(text: Value) -> Turns:
    """The turns of an answer that is text."""
    return [{"role": "assistant", "content": text}]
