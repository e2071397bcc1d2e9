"""Paths of this machine, which have no place in what is handed on."""

import re
from typing import Any

# two names at least, so that "and/or", "/v1" and addresses stay what they are
PATH = re.compile(r"(?:file://|(?<![\w/.:~-]))~?(?:/[\w.@+%-]+){2,}/?")
INSTEAD = "(a local path)"


def without_paths(value: Any) -> Any:
    """``value``, however nested, with ``(a local path)`` where its texts hold one."""
    if isinstance(value, dict):
        return {name: without_paths(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [without_paths(one) for one in value]
    return PATH.sub(INSTEAD, value) if isinstance(value, str) else value
