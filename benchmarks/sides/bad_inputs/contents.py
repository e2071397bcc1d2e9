"""Contents with one fault, written as TOML or JSON, well or badly."""

import json
import math
from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any

from benchmarks.sides.bad_inputs.faults import Fault

Content = dict[str, Any]


def with_fault(content: Mapping[str, Any], fault: Fault) -> Content:
    """A copy of ``content`` with the fault; tables that it lacks are added."""
    changed = deepcopy(dict(content))
    part: Any = changed
    for key in fault.place[:-1]:
        part = part.setdefault(key, {}) if isinstance(part, dict) else part[key]
    if fault.kind == "missing":
        part.pop(fault.place[-1], None)
    else:
        part[fault.place[-1]] = fault.value
    return changed


def toml(content: Mapping[str, Any]) -> str:
    """The content as TOML, its tables inline."""
    return "".join(f"{_key(name)} = {_value(value)}\n" for name, value in content.items())


def _key(name: str) -> str:
    return json.dumps(name, ensure_ascii=False)


def _value(value: object) -> str:
    match value:
        case bool():
            return str(value).lower()
        case float() if not math.isfinite(value):
            return str(value)
        case Mapping():
            return "{" + ", ".join(f"{_key(name)} = {_value(part)}" for name, part in value.items()) + "}"
        case list() | tuple():
            return "[" + ", ".join(map(_value, value)) + "]"
        case _:
            return json.dumps(value, ensure_ascii=False)


def damaged(text: str, comment: str) -> Iterator[tuple[str, bytes]]:
    """A file of this text that is not read, in several ways; ``comment`` is one of its format, with an é."""
    yield "empty", b""
    yield "half of it", text[: len(text) // 2].encode()
    yield "Latin-1", f"{comment}\n".encode("latin-1") + text.encode()
    yield "UTF-16", text.encode("utf-16")
    yield "UTF-32", text.encode("utf-32")
    yield "bytes of zero", text.encode() + b"\0\0\0"
    yield "gzip", b"\x1f\x8b\x08\0" + text.encode()[:64]
    yield "nested deeply", b"x = " + b"[" * 50_000 if comment.startswith("#") else b"[" * 50_000
    yield "a number of 5,000 digits", b"x = " + b"9" * 5_000 if comment.startswith("#") else b"9" * 5_000
