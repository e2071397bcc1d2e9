"""Rows of a version as people read them: three in Markdown that stands open, and a table of five."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import dagster as dg
import duckdb

from assets.ui.charts import stands_open
from assets.ui.reading import Reading, generic_reading, reading_of
from assets.ui.tables import shown_table
from datasets_registry.cards.markdown import cell
from datasets_registry.plain_text import plain_line
from datasets_registry.registry import Registry
from datasets_registry.rows.row import Row
from datasets_registry.version import Version
from datasets_registry.views.scanning import column, columns, records, scanning
from quality.checks.check import create_view

# where `trimtab studio` serves unless it is told another port
STUDIO = "http://127.0.0.1:3210"
PICTURED, LISTED = 3, 5
# a text is cut to the longest of these with which all stand open
CUTS = (600, 400, 300, 240, 200, 170, 140, 120, 100, 85, 70, 60, 50, 40, 32, 24, 16)
LONGEST_WORD = 24
MOST_ID = 8
MOST_LISTED = 4
MOST_PICTURED = 12


@dataclass(frozen=True)
class Example:
    """A row: its key, and what is read of it by name."""

    key: Mapping[str, Any]
    shown: Mapping[str, Any]


def studio_address(version: Version) -> str:
    """Where the studio shows a version, on its usual port."""
    return f"{STUDIO}/version/{quote(str(version), safe='/@')}"


def studio_link(version: Version) -> str:
    """Where the studio shows a version, and what starts it, as Markdown."""
    return f"[{cell(version)} in the studio]({studio_address(version)}), which `trimtab studio` starts"


def examples(registry: Registry, row: type[Row], version: Version) -> list[Example]:
    """Up to five rows, the same for the same content: drawn by the hash of their ids.

    Keys of all rows are read, and of the rows drawn what is shown.
    """
    with scanning(registry.state) as connection:
        create_view(connection, "this", registry, [version])
        try:
            return _examples(connection, reading_of(row), row)
        except duckdb.BinderException:
            # rows from before the row type had a column of today
            known = [described[0] for described in connection.execute("DESCRIBE this").fetchall()]
            return _examples(connection, generic_reading(row, known), row)


def _examples(connection: "duckdb.DuckDBPyConnection", reading: Reading, row: type[Row]) -> list[Example]:
    key = reading.per or row.key
    drawn = [tuple(found.values()) for found in records(connection, _draw(reading, key))]
    if not drawn:
        return []
    rows = records(connection, _read(reading, key, len(drawn)), [value for found in drawn for value in found])
    read = [
        Example(
            dict(zip(key, (values[name] for name in key), strict=True)),
            {name: values[f"shown {name}"] for name in reading.shown},
        )
        for values in rows
    ]
    return sorted(read, key=lambda example: drawn.index(tuple(example.key.values())))


def _draw(reading: Reading, key: Sequence[str]) -> str:
    row_id = ", ".join(f"{column(name)}::VARCHAR" for name in key)
    # an id of several parts, however these are cut, is another text
    group = f"GROUP BY {columns(key)}" if reading.per else ""
    return (
        f"SELECT {columns(key)} FROM this {group}"
        f" ORDER BY coalesce({reading.first}, false) DESC, md5(to_json([{row_id}])::VARCHAR), {columns(key)}"
        f" LIMIT {LISTED}"
    )


def _read(reading: Reading, key: Sequence[str], count: int) -> str:
    shown = ", ".join(f"{sql} AS {column(f'shown {name}')}" for name, sql in reading.shown.items())
    is_drawn = " AND ".join(f"{column(name)} = ?" for name in key)
    group = f"GROUP BY {columns(key)}" if reading.per else ""
    where = " OR ".join([f"({is_drawn})"] * count)
    return f"SELECT {columns(key)}, {shown} FROM this WHERE {where} {group}"


def pictured(version: Version, rows: Sequence[Example]) -> dg.MetadataValue:
    """Three rows in Markdown that stands open, and where to see more; texts are cut to what fits."""
    link = studio_link(version)
    if not rows:
        return dg.MetadataValue.md(f"No rows.\n\n{link}")
    read = [(_row_id(row), _known(row)) for row in rows[:PICTURED]]
    for num_columns in range(min(len(rows[0].shown), MOST_PICTURED), 0, -1):
        for cut in CUTS:
            lines = [
                _picture(place, row_id, known, num_columns, cut)
                for place, (row_id, known) in enumerate(read, 1)
            ]
            text = "\n\n".join([*lines, link])
            if stands_open(text):
                return dg.MetadataValue.md(text)
    return dg.MetadataValue.md(link)


def _row_id(row: Example) -> str:
    return plain_line("/".join(_ids(row).values()))


def _known(row: Example) -> dict[str, str]:
    """What is shown of a row and known, each on one line."""
    values = {name: shown_value(value) for name, value in row.shown.items()}
    return {name: value for name, value in values.items() if value}


def _picture(place: int, row_id: str, known: Mapping[str, str], num_columns: int, cut: int) -> str:
    """One row: its short values in a line, and a line for each text."""
    read = list(known.items())[:num_columns]
    short = {name: value for name, value in read if len(value) <= LONGEST_WORD and " " not in value}
    head = [code(row_id[:MOST_ID], MOST_ID)] if row_id else []
    head += [f"{cell(name)} {code(value, LONGEST_WORD)}" for name, value in short.items()]
    texts = [f"- {cell(name)} {code(value, cut)}" for name, value in read if name not in short]
    return "\n".join([f"**{place}** {' · '.join(head)}", *texts])


def shown_value(value: Any) -> str:
    """A value as text on one line; nothing where it is unknown or empty."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.3g}"
    if isinstance(value, list | tuple):
        return " → ".join(filter(None, map(_part, value)))
    return plain_line(_part(value))


def _part(value: Any) -> str:
    """What a list holds: a turn with who speaks, a text, or any structure as JSON."""
    if isinstance(value, dict):
        if {"role", "content"} <= value.keys():
            return f"{value['role']}: {plain_line(str(value['content']))}"
        return plain_line(json.dumps(value, ensure_ascii=False, default=str))
    return shown_value(value) if isinstance(value, list | float | bool) else plain_line(str(value))


def code(text: str, most: int) -> str:
    """A text as code, in which Markdown reads no markup, link or image, and how many characters were cut."""
    kept = text[:most].strip()
    fence = "`" * (1 + _longest_run(kept))
    # a backtick may not touch the fence
    pad = " " if kept[:1] == "`" or kept[-1:] == "`" else ""
    rest = len(text) - most
    return f"{fence}{pad}{kept}{pad}{fence}" + (f"… +{rest}" if rest > 0 else "")


def _longest_run(text: str) -> int:
    runs = [len(run) for run in "".join(mark if mark == "`" else " " for mark in text).split()]
    return max(runs, default=0)


def listed(rows: Sequence[Example]) -> dg.TableMetadataValue:
    """The rows as a table no wider than the page, of the columns that are read first."""
    lines = [{name: shown_value(value) for name, value in row.shown.items()} for row in rows]
    told = [name for name in (lines[0] if lines else ()) if any(line[name] for line in lines)][:MOST_LISTED]
    return shown_table(told, [[line[name] for name in told] for line in lines])


def _ids(row: Example) -> dict[str, str]:
    return {name: str(value) for name, value in row.key.items() if name not in row.shown}
