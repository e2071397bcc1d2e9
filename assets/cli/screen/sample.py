"""Rows of a dataset to look at: what each has of its own, once what they share, and what none has."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from assets.cli.screen.values import cell
from datasets_registry.inspecting.recipe_changes import shortened

# of a value, as much as shows what it is like
MOST_CHARACTERS, MOST_LINES = 240, 4
# a cut text ends with a whole word if that has at most so many letters
LONGEST_WORD = 40

Facts = Sequence[tuple[str, str]]


class Sample(NamedTuple):
    """Columns with their values: of each row, of all rows alike; and the columns that are empty in all."""

    own: Sequence[Facts]
    shared: Facts
    empty: Sequence[str]


def sampled(rows: Sequence[Mapping[str, object]], key: Sequence[str]) -> Sample:
    """The rows, of which each has its ``key`` first."""
    told = [{column: brief(value) for column, value in row.items()} for row in rows]
    columns = [*key, *(column for column in rows[0] if column not in key)]
    values = {column: {row[column] for row in told} for column in columns}
    alike = [column for column in columns if len(rows) > 1 and len(values[column]) == 1 and column not in key]
    empty = [column for column in columns if values[column] == {""}]
    return Sample(
        [
            [(column, row[column]) for column in columns if column not in alike and row[column]]
            for row in told
        ],
        [(column, told[0][column]) for column in alike if column not in empty],
        empty,
    )


def brief(value: object) -> str:
    """The beginning of a value in a few lines; empty where there is none, or nothing in it."""
    if value is None or value == [] or value == {}:
        return ""
    text = shortened(value, MOST_CHARACTERS + 1) if isinstance(value, list | dict) else cell(value)
    lines = [line for line in text.splitlines() if line.strip()]
    shown = "\n".join(lines[:MOST_LINES])
    if len(shown) > MOST_CHARACTERS:
        return f"{_whole_words(shown[:MOST_CHARACTERS])}…"
    return f"{shown}…" if len(lines) > MOST_LINES else shown


def _whole_words(text: str) -> str:
    """The text without a last word that may be cut."""
    end = max(text.rfind(" "), text.rfind("\n"))
    return text[:end] if len(text) - end <= LONGEST_WORD else text
