"""Tables in the UI, which stand open whatever their length: texts plain, one type a column."""

from collections.abc import Sequence
from typing import Any

import dagster as dg

from datasets_registry.plain_text import plain_line

CELL_CHARACTERS = 120


def shown_table(headings: Sequence[str], rows: Sequence[Sequence[Any]]) -> dg.TableMetadataValue:
    """A table of ``rows``; what is unknown is an empty cell."""
    return dg.MetadataValue.table(
        records=[dg.TableRecord(dict(zip(headings, map(_cell, row), strict=True))) for row in rows],
        schema=dg.TableSchema(columns=[dg.TableColumn(heading, "string") for heading in headings]),
    )


def _cell(value: object) -> str | int | float | bool:
    if value is None:
        return ""
    if isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return float(f"{value:.4g}")
    return plain_line(str(value), CELL_CHARACTERS)


def in_words(name: str) -> str:
    """A name whose parts the UI may put on several lines, which keeps a table no wider than the page."""
    return name.replace("_", " ")


def interval_bar(low: float, value: float, high: float) -> str:
    """An interval on a line from 0 to 1, such as ``··├●─┤····``."""
    places = [min(max(round(end * (_BAR - 1)), 0), _BAR - 1) for end in (low, value, high)]
    first, middle, last = places
    marks = ["─" if first <= place <= last else "·" for place in range(_BAR)]
    marks[first], marks[last] = "├", "┤"
    marks[middle] = "●"
    return "".join(marks)


_BAR = 11
