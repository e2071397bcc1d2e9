"""Values as JSON between a completion's process and the tests': plain data by value, the rest by number.

A value that only looks plain (an integer that claims to equal everything) arrives as what it holds.
"""

from collections.abc import Callable
from typing import Any

_SAFE_INTEGER = 2**53
_SEQUENCES: dict[str, Any] = {"tuple": tuple, "set": set, "frozenset": frozenset}


def encode(value: Any, keep: Callable[[Any], dict[str, int]]) -> Any:
    """JSON of a value; ``keep`` gives what stands for one that is not plain.

    Raises RecursionError where a value contains itself.
    """
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        exact = int.__index__(value)
        return exact if -_SAFE_INTEGER < exact < _SAFE_INTEGER else {"int": hex(exact)}
    if isinstance(value, float):
        return float.__add__(value, 0.0) if value else float.__pos__(value)
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, complex):
        return {"complex": [value.real, value.imag]}
    if isinstance(value, (bytes, bytearray)):
        return {"bytes": bytes(value).hex()}
    return _encode_collection(value, keep)


def _encode_collection(value: Any, keep: Callable[[Any], dict[str, int]]) -> Any:
    if isinstance(value, list):
        return [encode(one, keep) for one in list.__iter__(value)]
    if isinstance(value, dict):
        return {"dict": [[encode(key, keep), encode(one, keep)] for key, one in dict.items(value)]}
    for name, kind in _SEQUENCES.items():
        if isinstance(value, kind):
            return {name: [encode(one, keep) for one in value]}
    return keep(value)


def decode(data: Any, numbered: Callable[[str, int], Any]) -> Any:
    """The value of JSON; ``numbered`` finds what ``mine`` or ``yours`` and a number stand for.

    Raises ValueError, TypeError or RecursionError where no value has this form.
    """
    if isinstance(data, list):
        return [decode(one, numbered) for one in data]
    if not isinstance(data, dict):
        return data
    (name, content), *more = data.items()
    if more:
        raise ValueError("more than one tag")
    if name in _SEQUENCES:
        return _SEQUENCES[name](decode(one, numbered) for one in content)
    if name == "dict":
        return {decode(key, numbered): decode(one, numbered) for key, one in content}
    if name == "complex":
        return complex(*content)
    if name == "int":
        return int(content, 16)
    return bytes.fromhex(content) if name == "bytes" else numbered(name, content)
