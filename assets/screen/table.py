"""A table as wide as its screen: words are whole, texts wrap, and what does not fit is records."""

import os
import re
import shutil
import sys
from collections.abc import Iterator, Sequence
from typing import Literal

from rich.box import SIMPLE_HEAD
from rich.cells import cell_len, chop_cells
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from datasets_registry.plain_text import plain as plain_text

GAP = 2
# a text that wraps has this width at least, or where words are broken this, and a row this many lines at most
LEAST_TEXT, LEAST_BROKEN, MOST_LINES = 16, 10, 8
_NUMBER = re.compile(r"[-+]?[\d,]*\.?\d+(e[-+]?\d+)?( ?%)?|nan|[-+]?inf", re.IGNORECASE)
# words, and their parts, each with the sign at its end
_WORDS = re.compile(r"\S+")
_PARTS = re.compile(r"[^\s_/]*[_/]|[^\s_/]+")

Rows = Sequence[Sequence[str]]


def screen_width() -> int | None:
    """The columns of the screen; None in a pipe, which has no width to fit in, unless COLUMNS says one."""
    if os.environ.get("COLUMNS", "").isdigit() or sys.stdout.isatty():
        return shutil.get_terminal_size().columns
    return None


def laid_out(
    headings: Sequence[str],
    rows: Rows,
    width: int | None,
    *,
    shows_empty: bool = True,
    breaks: bool = True,
) -> Iterator[RenderableType]:
    """The rows as a table that fits ``width``, or each as a record: of all values, or those that are told.

    What ``breaks`` means ``fitted`` says.
    """
    widths = fitted(headings, rows, width, breaks=breaks)
    if widths:
        yield _table(headings, rows, widths)
        return
    for number, row in enumerate(rows):
        if number:
            yield ""
        facts = zip(headings, row, strict=True)
        yield record([(f"{heading}:", cell) for heading, cell in facts if cell or shows_empty], width)


def fitted(
    headings: Sequence[str], rows: Rows, width: int | None, *, breaks: bool = True
) -> list[int] | None:
    """The columns' widths; None where a row in a few lines has no room.

    Texts wrap between words, and if it ``breaks`` columns after the first wrap behind ``_`` and ``/`` too.
    A column alone always fits: its lines are the terminal's to wrap.
    """
    columns = [[heading, *cells] for heading, *cells in zip(headings, *rows, strict=True)]
    wanted = [max(map(_widest, cells)) for cells in columns]
    room = None if width is None else width - GAP * (len(columns) - 1)
    if room is None or sum(wanted) <= room or len(columns) == 1:
        return wanted
    for parts, least_text in ((_WORDS, LEAST_TEXT), (_PARTS, LEAST_BROKEN))[: 1 + breaks]:
        least = [
            max(min(want, least_text), *(_widest_part(cell, parts if place else _WORDS) for cell in cells))
            for place, (want, cells) in enumerate(zip(wanted, columns, strict=True))
        ]
        if sum(least) <= room:
            widths = _grown(least, wanted, room - sum(least))
            return widths if _reads_well(headings, rows, widths, room) else None
    return None


def _reads_well(headings: Sequence[str], rows: Rows, widths: Sequence[int], room: int) -> bool:
    """Whether each row has few lines, or all of them at most half as many as records would have."""
    heights = [
        max(len(wrapped(cell, width)) for cell, width in zip(row, widths, strict=True)) for row in rows
    ]
    if max(heights, default=1) <= MOST_LINES:
        return True
    beside = room - max(map(cell_len, headings))
    records = sum(len(wrapped(cell, max(beside, LEAST_BROKEN))) for row in rows for cell in row) + len(rows)
    return 2 * sum(heights) <= records


def wrapped(text: str, width: int) -> list[str]:
    """Lines of at most ``width``: whole words, or where one is wider its parts behind ``_`` and ``/``."""
    lines = []
    for line in plain_text(text).splitlines() or [""]:
        filled = line[: len(line) - len(line.lstrip())]
        for word in re.findall(r"\S+\s*", line):
            if cell_len((filled + word).rstrip()) <= width:
                filled += word
                continue
            if filled.strip():
                lines.append(filled.rstrip())
            *whole, filled = _broken(word, width)
            lines += whole
        lines.append(filled.rstrip())
    return lines


def _broken(word: str, width: int) -> list[str]:
    """A word in lines of at most ``width``, of which the last may be filled up."""
    if cell_len(word.rstrip()) <= width:
        return [word]
    lines = [""]
    for part in re.findall(r"[^_/]*[_/]|[^_/]+", word):
        if lines[-1] and cell_len((lines[-1] + part).rstrip()) > width:
            lines.append("")
        lines[-1] += part
    return [piece for line in lines for piece in chop_cells(line, width)]


def record(facts: Sequence[tuple[str, str]], width: int | None) -> Table:
    """A line for each name and value, whose value wraps beside its name."""
    names = max((cell_len(plain_text(name)) for name, _ in facts), default=0)
    room = None if width is None else max(width - names - GAP, LEAST_BROKEN)
    grid = Table.grid(padding=(0, GAP, 0, 0))
    for name, value in facts:
        grid.add_row(_lines(name, None), _lines(value, room))
    return grid


def plain(text: str) -> Text:
    """``text`` as text: brackets in it are no markup, and what steers a terminal is its escape."""
    return Text(plain_text(text))


def _lines(text: str, width: int | None) -> Text:
    """The text in its lines, which nothing wraps again."""
    lines = plain_text(text).splitlines() if width is None else wrapped(text, width)
    return Text("\n".join(lines), no_wrap=True)


def _table(headings: Sequence[str], rows: Rows, widths: Sequence[int]) -> Table:
    # of the gap between columns one half is the box's own
    table = Table(box=SIMPLE_HEAD, padding=(0, GAP - 1, 0, 0), pad_edge=False, show_edge=False)
    for width, (heading, *cells) in zip(widths, zip(headings, *rows, strict=True), strict=True):
        justify: Literal["left", "right"] = "right" if _are_numbers(cells) else "left"
        table.add_column(_lines(heading, width), width=width, justify=justify)
    for row in rows:
        table.add_row(*map(_lines, row, widths))
    return table


def _are_numbers(cells: Sequence[str]) -> bool:
    told = [cell for cell in cells if cell]
    return bool(told) and all(map(_NUMBER.fullmatch, told))


def _grown(least: Sequence[int], wanted: Sequence[int], spare: int) -> list[int]:
    """The least widths with what is to spare, of which the column has most that takes most lines."""
    widths = list(least)
    for _ in range(spare):
        growing = [place for place, width in enumerate(widths) if width < wanted[place]]
        if not growing:
            break
        widths[max(growing, key=lambda place: wanted[place] / widths[place])] += 1
    return widths


def _widest(cell: str) -> int:
    return max((cell_len(line) for line in plain_text(cell).splitlines()), default=0)


def _widest_part(cell: str, parts: re.Pattern[str]) -> int:
    return max(map(cell_len, parts.findall(plain_text(cell))), default=0)
