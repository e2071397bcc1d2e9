"""Values as JSON between a completion's process and the tests': plain data by value, the rest by number.

A value that only looks plain (an integer that claims to equal everything) arrives as the data it holds.
"""

from collections import deque
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any, TypeAlias

_SAFE_INTEGER = 2**53
_SEQUENCES = {"tuple": tuple, "set": set, "frozenset": frozenset, "deque": deque}
_ViewParts = Callable[[Any], list[Any]]
# values of the standard library: their type, the plain data that they hold, and the value of that data;
# a datetime is a date as well, so it comes first
_STANDARD: dict[str, tuple[type, _ViewParts, Callable[..., object]]] = {
    "fraction": (Fraction, lambda value: [value.numerator, value.denominator], Fraction),
    "decimal": (Decimal, lambda value: [str(value)], Decimal),
    "range": (range, lambda value: [value.start, value.stop, value.step], range),
    "datetime": (datetime, lambda value: [value.isoformat()], datetime.fromisoformat),
    "date": (date, lambda value: [value.isoformat()], date.fromisoformat),
    "time": (time, lambda value: [value.isoformat()], time.fromisoformat),
    "timedelta": (timedelta, lambda value: [value.days, value.seconds, value.microseconds], timedelta),
    "keys": (type({}.keys()), list, lambda *keys: dict.fromkeys(keys).keys()),
    "values": (type({}.values()), list, lambda *values: dict(enumerate(values)).values()),
    "items": (type({}.items()), list, lambda *items: dict(items).items()),
}
Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
Keep: TypeAlias = "Callable[[object], dict[str, Json]]"


def encode(value: object, keep: Keep) -> Json:
    """The JSON of a value; ``keep`` gives the stand-in for one that is not plain.

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


def _encode_collection(value: object, keep: Keep) -> Json:
    if isinstance(value, list):
        return [encode(item, keep) for item in list.__iter__(value)]
    if isinstance(value, dict):
        return {"dict": [[encode(key, keep), encode(item, keep)] for key, item in dict.items(value)]}
    for word, kind in _SEQUENCES.items():
        if isinstance(value, kind):
            return {word: [encode(item, keep) for item in value]}
    for word, (standard, parts, _) in _STANDARD.items():
        if isinstance(value, standard):
            return {word: [encode(part, keep) for part in parts(value)]}
    return keep(value)


def decode(data: Any, numbered: Callable[[str, int], object]) -> Any:
    """The value that JSON encodes; ``numbered`` finds the object for ``mine`` or ``yours`` and a number.

    Raises ValueError, TypeError or RecursionError where no value has this form.
    """
    if isinstance(data, list):
        return [decode(item, numbered) for item in data]
    if not isinstance(data, dict):
        return data
    (name, content), *more = data.items()
    if more:
        raise ValueError("more than one tag")
    if name in _SEQUENCES:
        return _SEQUENCES[name](decode(item, numbered) for item in content)
    if name in _STANDARD:
        return _STANDARD[name][2](*(decode(part, numbered) for part in content))
    if name == "dict":
        return {decode(key, numbered): decode(item, numbered) for key, item in content}
    if name == "complex":
        return complex(*content)
    if name == "int":
        return int(content, 16)
    return bytes.fromhex(content) if name == "bytes" else numbered(name, content)
