"""Tables and cells of a card: values from rows and settings as plain text, without local paths."""

import html
import re
from collections.abc import Sequence
from typing import Any

# two names at least, so that "and/or", "/v1" and addresses stay what they are
PATH = re.compile(r"(?:file://|(?<![\w/.:~-]))~?(?:/[\w.@+%-]+){2,}/?")
INSTEAD = "(a local path)"
_SPECIAL = re.compile(r"([\\`*\[\]|])")


def without_paths(value: Any) -> Any:
    """``value``, however nested, with ``(a local path)`` in place of each path in its texts."""
    if isinstance(value, dict):
        return {name: without_paths(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [without_paths(inner) for inner in value]
    return PATH.sub(INSTEAD, value) if isinstance(value, str) else value


def cell(value: object) -> str:
    """A value as one line of plain text."""
    if value is None:
        return ""
    text = f"{value:.4g}" if isinstance(value, float) else str(value)
    return _SPECIAL.sub(r"\\\1", html.escape(" ".join(text.split()), quote=False))


def table(headings: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A table of plain texts; ``None.`` without rows."""
    if not rows:
        return "None."
    lines = [headings, ["---"] * len(headings), *([cell(value) for value in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
