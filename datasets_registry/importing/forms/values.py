"""Texts and numbers of public files, or the reason why a value is none."""

import math

from datasets_registry.importing.records import Columns, Value
from datasets_registry.importing.rejection import Rejected

# as cells of CSV files say them
_WORDS = {"true": True, "1": True, "1.0": True, "false": False, "0": False, "0.0": False}


def truth(value: Value) -> bool | None:
    """True or false, as 1 and 0 and their texts are; None of anything else."""
    if isinstance(value, str):
        return _WORDS.get(value.strip().lower())
    return bool(value) if isinstance(value, bool | int | float) and value in (0, 1) else None


def text(columns: Columns, name: str) -> str:
    """A column's text as it is; raises Rejected where there is none but white space."""
    value = columns.get(name)
    if not isinstance(value, str) or not value.strip():
        raise Rejected(f"{name} is empty or not text")
    return value


def require_text(value: str) -> None:
    """Raise Rejected where it has what no file of text can hold."""
    try:
        value.encode()
    except UnicodeEncodeError:
        raise Rejected("half of a surrogate pair, which is not text") from None
    if "\0" in value:
        raise Rejected("a NUL character, which is no text")


def number(value: Value, name: str) -> float | None:
    """A number, or None of null; raises Rejected for anything else, and for NaN and infinite numbers."""
    if value is None:
        return None
    try:
        found = float("" if isinstance(value, bool) else value)
    except (TypeError, ValueError):
        raise Rejected(f"{name} is not a number", f"{name} {str(value)[:40]!r} is not a number") from None
    if not math.isfinite(found):
        raise Rejected(f"{name} is NaN or infinite")
    return found
