"""Values of a file converted to a column's type, from texts of CSV cells or JSON, without guessing."""

import math

import pyarrow as pa

from datasets_registry.importing.records import Value, parsed
from datasets_registry.importing.rejection import Rejected

_PLAIN = {"string": "text", "int64": "a whole number", "double": "a number", "bool": "true or false"}


def coerced(column: str, value: Value, kind: pa.DataType) -> Value:
    """``value`` as ``kind``, null as null; raises Rejected where it cannot be converted."""
    if value is None:
        return None
    try:
        return _as(value, kind)
    except (ValueError, TypeError, LookupError, OverflowError, RecursionError):
        raise Rejected(f"{column} is not {_PLAIN.get(str(kind), 'JSON of its type')}") from None


def _as(value: Value, kind: pa.DataType) -> Value:
    if kind == pa.string():
        return _text(value)
    if kind == pa.int64():
        return _whole(value)
    if kind == pa.float64():
        if isinstance(value, bool):
            raise TypeError
        return float(value)
    if kind == pa.bool_():
        return {True: True, False: False, "true": True, "false": False, "True": True, "False": False}[value]
    return parsed(value) if isinstance(value, str) else value


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError
    if isinstance(value, float) and not math.isfinite(value):
        raise TypeError
    # a gold answer of 51.0 is 51
    return str(int(value)) if isinstance(value, int) or value.is_integer() else str(value)


def _whole(value: Value) -> int:
    number = int(value)
    is_whole = isinstance(value, str) or number == value
    if isinstance(value, bool) or not is_whole or not -(2**63) <= number < 2**63:
        raise ValueError
    return number
