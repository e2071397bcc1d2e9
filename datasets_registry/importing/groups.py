"""Which prompts belong together, so that no group is both trained on and held out."""

import re
import unicodedata
from collections.abc import Sequence

from datasets_registry.hashing import content_id, digest


def plain_words(prompt: str) -> str:
    """The words of ``prompt`` without case, punctuation and Unicode form, separated by single spaces."""
    return " ".join(re.findall(r"\w+", unicodedata.normalize("NFKC", prompt).lower()))


def split_group(prompt: str) -> str:
    """The group of ``prompt``: equal for prompts that differ only in case, punctuation or Unicode form."""
    return digest(plain_words(prompt))[:16]


def conversation_group(prompt: str, history: Sequence[tuple[str, str]]) -> str:
    """The group of a prompt after ``history`` (role, content): that of the conversation's first turn."""
    return split_group(history[0][1] if history else prompt)


def conversation_id(parts: Sequence[object], history: Sequence[tuple[str, str]]) -> str:
    """The id of a row with the content ``parts`` after ``history`` (role, content)."""
    return content_id(*parts, [list(turn) for turn in history]) if history else content_id(*parts)
