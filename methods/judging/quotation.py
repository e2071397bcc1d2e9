"""Untrusted text stays text: quoted line by line, so that it can close, imitate or instruct no template.

Every line of a quoted text starts with a mark that no line of a template starts with. What a reader
cannot see (zero-width, bidirectional and control characters) is left out, and spellings of chat
templates' control tokens are broken, for a server may read them as such wherever they stand.
"""

import re
import unicodedata
from collections.abc import Sequence

from generation.request import Message

MARK = "> "
_UNSEEN = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0")
_UNSEEN_KINDS = frozenset(("Cc", "Cf", "Cs", "Co", "Cn"))
_CONTROL_TOKENS = re.compile(
    r"<[|｜][^<>|｜\n]{1,40}[|｜]>|<</?SYS>>|\[/?INST\]|</?s>|<(?:bos|eos|pad|unk|mask)>|<(?:start|end)_of_\w+>",
    re.IGNORECASE,
)
_SPEAKERS = {"system": "System", "user": "User", "assistant": "Assistant"}


def quoted(text: str) -> str:
    """``text`` with the mark before each line; an empty text is one marked line."""
    return "\n".join(MARK + _plain(line) for line in text.splitlines() or [""])


def quoted_conversation(messages: Sequence[Message]) -> str:
    """Each turn's speaker, and below it what was said, quoted."""
    return "\n".join(f"{_SPEAKERS[one.role]}:\n{quoted(one.content)}" for one in messages)


def _plain(line: str) -> str:
    seen = "".join(letter for letter in line if letter == "\t" or not _unseen(letter))
    return _CONTROL_TOKENS.sub(lambda token: f"{token[0][0]} {token[0][1:]}", seen)


def _unseen(letter: str) -> bool:
    if letter in _UNSEEN or "\U000e0100" <= letter <= "\U000e01ef":
        return True
    return unicodedata.category(letter) in _UNSEEN_KINDS
