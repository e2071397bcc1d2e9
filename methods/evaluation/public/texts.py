"""Texts in the records of public sets: what is one, and whether there is anything in it to read."""

import unicodedata

from datasets_registry.importing.records import Columns
from datasets_registry.importing.rejection import Rejected

# controls, formats, half surrogates, and what nobody has assigned; separators
_UNSEEN = ("C", "Z")


def text_of(columns: Columns, name: str) -> str:
    """The text of a column, without space around it; raises Rejected where nothing of it can be seen."""
    text = columns.get(name)
    if not isinstance(text, str):
        raise Rejected(f"{name} is not a text")
    if not is_seen(text):
        raise Rejected(f"{name} is empty")
    return text.strip()


def is_seen(text: str) -> bool:
    """Whether a character of the text is visible: spaces, controls and marks of direction are not."""
    return any(not unicodedata.category(character).startswith(_UNSEEN) for character in text)
