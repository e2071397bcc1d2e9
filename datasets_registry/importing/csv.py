"""Records of a CSV file: an empty cell is a null, and a quoted empty cell is an empty text."""

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from datasets_registry.errors import BadInput
from datasets_registry.importing.opening import MOST_LINE_BYTES, lines
from datasets_registry.importing.records import NOT_UTF8, SHOWN_CHARACTERS, TOO_LONG, Record

Cells = list[str | None]
MALFORMED = "quotes that do not close, or text behind them"
# possessive: the first of two quotes must never be taken for the end of a cell that goes on in the next line
_QUOTED, _PLAIN = re.compile(r'"([^"]*+(?:""[^"]*+)*+)"'), re.compile(r"[^,\r\n]*")
_END = re.compile(r",|\r?\n?\Z")


@dataclass(frozen=True)
class _Line:
    """A line of the file, or why it cannot be read."""

    number: int
    text: str
    failure: str | None = None


@dataclass(frozen=True)
class _Row:
    """The cells of a row and the text of its first line, or why it has none."""

    line: _Line
    cells: Cells
    failure: str | None = None


def csv_records(path: Path) -> Iterator[Record]:
    """The rows under the header, with the line on which each starts; all cells are texts.

    A row whose quotes do not close is rejected with its first line alone, so that it takes no other with it.
    Raises BadInput where there is no header with distinct column names.
    """
    rows = _rows(path)
    names = _names(path, next(rows, None))
    for row in rows:
        yield _record(path.name, names, row)


def _names(path: Path, header: _Row | None) -> list[str]:
    names = [name or "" for name in header.cells] if header else []
    if not names or len(set(names)) < len(names):
        has = header.failure if header and header.failure else names[:20]
        raise BadInput(f"{path} needs distinct column names in its first line, and has {has}")
    return names


def _record(file: str, names: list[str], row: _Row) -> Record:
    failure = row.failure
    if failure is None and len(row.cells) != len(names):
        failure = f"{len(row.cells)} cells where the header has {len(names)}"
    if failure is not None:
        return Record(file, row.line.number, {"text": row.line.text[:SHOWN_CHARACTERS]}, failure)
    return Record(file, row.line.number, dict(zip(names, row.cells, strict=True)))


def _rows(path: Path) -> Iterator[_Row]:
    """The rows that are not empty; lines of a row that does not close are read again, each as its own."""
    ahead, unread = deque[_Line](), _lines(path)
    while line := ahead.popleft() if ahead else next(unread, None):
        if line.failure is not None:
            yield _Row(line, [], line.failure)
            continue
        try:
            cells = _cells(line.text)
            cells = _closed(line, ahead, unread) if cells is None else cells
        except ValueError:
            yield _Row(line, [], MALFORMED)
            continue
        if any(cell is not None for cell in cells):
            yield _Row(line, cells)


def _closed(line: _Line, ahead: deque[_Line], unread: Iterator[_Line]) -> Cells:
    """The cells of a row that goes on in lines which are taken from ``ahead`` and ``unread``.

    Raises ValueError where it does not close; then all of these lines are in ``ahead`` again.
    """
    taken: list[_Line] = []
    quotes, size = 0, len(line.text)
    while size <= MOST_LINE_BYTES and (more := ahead.popleft() if ahead else next(unread, None)):
        taken.append(more)
        if more.failure is not None:
            break
        quotes, size = quotes + more.text.count('"'), size + len(more.text)
        # only an odd number of quotes closes the cell
        if more.text.count('"') and quotes % 2:
            try:
                cells = _cells("".join(part.text for part in (line, *taken)))
            except ValueError:
                break
            if cells is not None:
                return cells
    ahead.extendleft(reversed(taken))
    raise ValueError(MALFORMED)


def _cells(text: str) -> Cells | None:
    """The cells of a row; None where the last one is not closed. Raises ValueError where it is no CSV."""
    cells: Cells = []
    place = 0
    while True:
        quoted = text.startswith('"', place)
        match = (_QUOTED if quoted else _PLAIN).match(text, place)
        if match is None:
            return None
        cells.append(match[1].replace('""', '"') if quoted else match[0] or None)
        end = _END.match(text, match.end())
        if end is None:
            raise ValueError(MALFORMED)
        if end[0] != ",":
            return cells
        place = end.end()


def _lines(path: Path) -> Iterator[_Line]:
    """The lines, which may end as on any system."""
    number = 1
    for _, line in lines(path):
        for part in line.splitlines(keepends=True) if line is not None else (None,):
            yield _line(number, part)
            number += 1


def _line(number: int, line: bytes | None) -> _Line:
    if line is None:
        return _Line(number, "", TOO_LONG)
    try:
        return _Line(number, line.decode())
    except UnicodeDecodeError:
        return _Line(number, line.decode(errors="replace"), NOT_UTF8)
