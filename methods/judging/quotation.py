"""Quotation of untrusted text, line by line, so that it cannot close, imitate or instruct a template.

Every quoted line starts with a mark that no line of a template starts with. Invisible characters
(zero-width, bidirectional and control characters) are removed, and spellings of chat templates' control
tokens and of marks of thought are broken: a server may interpret the former anywhere, and a judge that quotes
the latter while it thinks would seem to have thought enough.
"""

import re
import unicodedata
from collections.abc import Sequence

from generation.request import Message

MARK = "> "
_INVISIBLE = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0")
_INVISIBLE_CATEGORIES = frozenset(("Cc", "Cf", "Cs", "Co", "Cn"))
_CONTROL_TOKENS = re.compile(
    r"<[|｜][^<>|｜\n]{1,40}[|｜]>|<</?SYS>>|\[/?INST\]|</?s>|<(?:bos|eos|pad|unk|mask)>|<(?:start|end)_of_\w+>"
    r"|</?think>|\[/?THINK\]",
    re.IGNORECASE,
)
# one selects the form of the character before it; any that follow say nothing that is seen
_MORE_SELECTORS = re.compile("(?<=[\ufe00-\ufe0f])[\ufe00-\ufe0f]+")
_SPEAKERS = {"system": "System", "user": "User", "assistant": "Assistant"}


def quoted(text: str) -> str:
    """``text`` with the mark before each line; an empty text becomes one marked line."""
    return "\n".join(MARK + line for line in _lines(text))


def visible(text: str) -> str:
    """``text`` as a judge sees it, without the marks."""
    return "\n".join(_lines(text))


def quoted_conversation(messages: Sequence[Message]) -> str:
    """Each turn as its speaker and, below, its quoted text."""
    return "\n".join(f"{_SPEAKERS[turn.role]}:\n{quoted(turn.content)}" for turn in messages)


def _lines(text: str) -> list[str]:
    return [_plain(line) for line in text.splitlines() or [""]]


def _plain(line: str) -> str:
    seen = _MORE_SELECTORS.sub("", line.translate(_SEEN))
    return _CONTROL_TOKENS.sub(lambda token: f"{token[0][0]} {token[0][1:]}", seen)


class _Seen(dict[int, int | None]):
    """Each character by its number, and None for those that are not seen; looked up once."""

    def __missing__(self, number: int) -> int | None:
        letter = chr(number)
        self[number] = None if letter != "\t" and _is_invisible(letter) else number
        return self[number]


_SEEN = _Seen()


def _is_invisible(letter: str) -> bool:
    if letter in _INVISIBLE or "\U000e0100" <= letter <= "\U000e01ef":
        return True
    return unicodedata.category(letter) in _INVISIBLE_CATEGORIES
