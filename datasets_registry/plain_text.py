r"""Text from elsewhere as plain text: what steers a terminal, hides or reverses is shown as its escape.

Control characters (of which escape sequences and titles are made), bidirectional marks, line and paragraph
separators, tags, byte order marks and lone surrogates become ``\u001b`` and the like, which JSON reads as the
same character.
"""

import json
import re

_STEERING = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff"
    "\U000e0000-\U000e007f]"
)


def plain(text: str) -> str:
    """``text`` with every character that is not plain as its escape; tabs and line breaks stay."""
    return _STEERING.sub(_escaped, text)


def plain_line(text: str, most: int | None = None) -> str:
    """``text`` on one line: tabs and line breaks are spaces; cut to ``most`` characters."""
    line = plain(" ".join(text.split()))
    return line if most is None or len(line) <= most else f"{line[: most - 1]}…"


def _escaped(match: re.Match[str]) -> str:
    return json.dumps(match[0])[1:-1]
