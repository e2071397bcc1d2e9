"""Texts and numbers of public files, or the reason why a value is none."""

import math

from datasets_registry.importing.records import Columns, Value
from datasets_registry.importing.rejection import Rejected


def text(columns: Columns, name: str) -> str:
    """A column's text as it is; raises Rejected where there is none but white space."""
    value = columns.get(name)
    if not isinstance(value, str) or not value.strip():
        raise Rejected(f"{name} is empty or not text")
    return value


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
