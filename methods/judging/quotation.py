"""Quotation of untrusted text, line by line, so that it cannot close, imitate or instruct a template.

Every quoted line starts with a mark that no line of a template starts with. Invisible characters
(zero-width, bidirectional and control characters) are removed, and spellings of chat templates' control
tokens are broken, since a server may interpret them anywhere.
"""

import re
import unicodedata
from collections.abc import Sequence

from generation.request import Message

MARK = "> "
_INVISIBLE = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0")
_INVISIBLE_CATEGORIES = frozenset(("Cc", "Cf", "Cs", "Co", "Cn"))
_CONTROL_TOKENS = re.compile(
    r"<[|｜][^<>|｜\n]{1,40}[|｜]>|<</?SYS>>|\[/?INST\]|</?s>|<(?:bos|eos|pad|unk|mask)>|<(?:start|end)_of_\w+>",
    re.IGNORECASE,
)
_SPEAKERS = {"system": "System", "user": "User", "assistant": "Assistant"}


def quoted(text: str) -> str:
    """``text`` with the mark before each line; an empty text becomes one marked line."""
    return "\n".join(MARK + _plain(line) for line in text.splitlines() or [""])


def quoted_conversation(messages: Sequence[Message]) -> str:
    """Each turn as its speaker and, below, its quoted text."""
    return "\n".join(f"{_SPEAKERS[turn.role]}:\n{quoted(turn.content)}" for turn in messages)


def _plain(line: str) -> str:
    visible = "".join(letter for letter in line if letter == "\t" or not _is_invisible(letter))
    return _CONTROL_TOKENS.sub(lambda token: f"{token[0][0]} {token[0][1:]}", visible)


def _is_invisible(letter: str) -> bool:
    if letter in _INVISIBLE or "\U000e0100" <= letter <= "\U000e01ef":
        return True
    return unicodedata.category(letter) in _INVISIBLE_CATEGORIES
