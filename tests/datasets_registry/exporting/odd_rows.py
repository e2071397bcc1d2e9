"""Rows of any type whose values are hard to write down: odd texts, nulls, empty and nested lists, floats."""

import types
from collections.abc import Iterator, Sequence
from itertools import count
from random import Random
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from datasets_registry.rows.row import Row

TEXTS = (
    "",
    " ",
    "\n",
    "\r",
    "\r\n",
    '"',
    '""',
    ",",
    "null",
    "NA",
    "[]",
    "0",
    "007",
    "1.0",
    "true",
    "a\x00b",
    "\x1f\x7f",
    "\ufeffstart",
    "end\ufeff",
    "\u2028\u2029\x85",
    "é 漢 😀 👩‍👩‍👧",
    "e\u0301",
    '{"a": 1}',
    "'=1+1",
    '\\n \\" \\',
    " lead, trail\t",
    'two\nlines, "quoted"\r\nand more',
    "2024-01-01",
    "x" * 5_000,
)
FLOATS = (0.0, -0.0, 1.0, 0.1 + 0.2, 1e-320, -1e300, 5e-324, 1 / 3, 123456789.0)
WHOLES = (0, 1, -1, 2**53 + 1, 2**63 - 1, -(2**63))


def odd_rows(row: type[Row], number: int) -> list[Row]:
    """``number`` rows, always the same, whose keys differ."""
    random, numbers = Random(row.dataset), count()
    return [row.model_validate(_fields(row, random, numbers, row.key)) for _ in range(number)]


def _fields(
    model: type[BaseModel], random: Random, numbers: Iterator[int], key: Sequence[str] = ()
) -> dict[str, Any]:
    values = {
        name: _word(numbers) if _is_word(field) else _value(field.annotation, random, numbers)
        for name, field in model.model_fields.items()
        if name != "parameters"
    }
    for name in key:
        if _is_word(model.model_fields[name]):
            continue
        if isinstance(values[name], str) and get_origin(model.model_fields[name].annotation) is not Literal:
            values[name] = f"{next(numbers)}{values[name]}"
        elif model.model_fields[name].annotation is int:
            values[name] = next(numbers)
    return values


def _is_word(field: FieldInfo) -> bool:
    """Whether only texts of a pattern are taken, such as names."""
    return any(getattr(rule, "pattern", None) for rule in field.metadata)


def _word(numbers: Iterator[int]) -> str:
    return f"word_{next(numbers)}"


def _value(annotation: Any, random: Random, numbers: Iterator[int]) -> Any:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin in (Union, types.UnionType):
        (inner,) = [argument for argument in arguments if argument is not type(None)]
        return None if random.random() < 0.3 else _value(inner, random, numbers)
    if origin is Literal:
        return random.choice(arguments)
    if origin is list:
        return [_value(arguments[0], random, numbers) for _ in range(random.choice((0, 1, 3)))]
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation.model_validate(_fields(annotation, random, numbers))
    pools: dict[Any, Sequence[Any]] = {str: TEXTS, float: FLOATS, int: WHOLES, bool: (True, False)}
    return random.choice(pools[annotation])
