"""Texts in a record of a public set."""

from datasets_registry.importing.records import Columns
from datasets_registry.importing.rejection import Rejected


def text_of(columns: Columns, name: str) -> str:
    """The text of a column, without space around it; raises Rejected where there is none."""
    text = columns.get(name)
    if not isinstance(text, str) or not text.strip():
        raise Rejected(f"{name} is not a text")
    return text.strip()
