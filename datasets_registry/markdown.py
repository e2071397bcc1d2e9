"""Tables and cells of a card: what rows and settings say stays text."""

import html
import re
from collections.abc import Sequence

_SPECIAL = re.compile(r"([\\`*\[\]|])")


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
    lines = [headings, ["---"] * len(headings), *([cell(one) for one in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
