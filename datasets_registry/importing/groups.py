"""Which prompts belong together, so that none of a group is held out while another is trained on."""

import re
import unicodedata
from collections.abc import Sequence

from datasets_registry.hashing import content_id, digest


def split_group(prompt: str) -> str:
    """The group of ``prompt``: equal for prompts that differ in case, punctuation or accents' forms alone."""
    words = " ".join(re.findall(r"\w+", unicodedata.normalize("NFKC", prompt).lower()))
    return digest(words)[:16]


def conversation_group(prompt: str, history: Sequence[tuple[str, str]]) -> str:
    """The group of a prompt after ``history`` (role, content): that of how the conversation opens."""
    return split_group(history[0][1] if history else prompt)


def conversation_id(parts: Sequence[object], history: Sequence[tuple[str, str]]) -> str:
    """The id of a row that says ``parts`` after ``history``; without history, that of the parts."""
    return content_id(*parts, [list(one) for one in history]) if history else content_id(*parts)
