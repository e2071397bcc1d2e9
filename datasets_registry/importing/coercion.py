"""Values of a file as a column's type: text of CSV cells and JSON numbers, never guessed."""

import json
from typing import Any

import pyarrow as pa

from datasets_registry.importing.rejection import Rejected


def coerced(column: str, value: Any, kind: pa.DataType) -> Any:
    """``value`` as ``kind``; raises Rejected where it is not one. Null stays null."""
    if value is None:
        return None
    try:
        return _as(value, kind)
    except (ValueError, TypeError, LookupError, OverflowError, RecursionError):
        raise Rejected(f"{column} is not {_PLAIN.get(str(kind), 'JSON of its type')}") from None


_PLAIN = {"string": "text", "int64": "a whole number", "double": "a number", "bool": "true or false"}


def _as(value: Any, kind: pa.DataType) -> Any:
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
    return json.loads(value) if isinstance(value, str) else value


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError
    # a gold answer of 51.0 is 51
    return str(int(value)) if float(value).is_integer() else str(value)


def _whole(value: Any) -> int:
    number = int(value)
    if isinstance(value, bool) or number != float(value) or not -(2**63) <= number < 2**63:
        raise ValueError
    return number
