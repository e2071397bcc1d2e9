"""Records of a CSV file: an empty cell is a null, and a quoted empty cell is an empty text."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import pyarrow as pa
from pyarrow import csv as arrow_csv

from datasets_registry.errors import BadInput
from datasets_registry.importing.records import Record, opened

BLOCK_BYTES = 16 * 2**20


def csv_records(path: Path) -> Iterator[Record]:
    """The rows under the header, with the line on which each starts; all cells are texts.

    Raises BadInput where the file is not UTF-8 CSV with distinct column names.
    """
    names, line = _header(path)
    skipped: dict[int, arrow_csv.InvalidRow] = {}
    try:
        with opened(path) as file:
            rows = _rows(file, names, skipped)
            yield from _numbered(rows, path.name, names, skipped, line)
    except pa.ArrowInvalid as error:
        raise BadInput(f"{path} cannot be read as UTF-8 CSV: {error}") from error


def _header(path: Path) -> tuple[list[str], int]:
    """The column names, and the line after them."""
    with opened(path) as raw, io.TextIOWrapper(raw, encoding="utf-8-sig", newline="") as file:
        try:
            reader = csv.reader(file)
            names = next(reader, [])
        except (csv.Error, UnicodeDecodeError) as error:
            raise BadInput(f"{path} cannot be read as UTF-8 CSV: {error}") from error
    if not names or len(set(names)) < len(names):
        raise BadInput(f"{path} needs distinct column names in its first line, and has {names}")
    return names, reader.line_num + 1


def _rows(
    file: IO[bytes], names: list[str], skipped: dict[int, arrow_csv.InvalidRow]
) -> Iterator[list[str | None]]:
    def skip(row: arrow_csv.InvalidRow) -> str:
        skipped[row.number] = row
        return "skip"

    reader = arrow_csv.open_csv(
        file,
        arrow_csv.ReadOptions(use_threads=False, block_size=BLOCK_BYTES),
        arrow_csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False, invalid_row_handler=skip),
        arrow_csv.ConvertOptions(
            column_types={name: pa.string() for name in names},
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
        ),
    )
    for batch in reader:
        yield from (list(row.values()) for row in batch.to_pylist())


def _numbered(
    rows: Iterator[list[str | None]],
    file: str,
    names: list[str],
    skipped: dict[int, arrow_csv.InvalidRow],
    line: int,
) -> Iterator[Record]:
    number = 2
    for row in rows:
        while number in skipped:
            yield from _skipped(file, line, skipped[number])
            number, line = number + 1, line + 1 + skipped[number].text.count("\n")
        # an empty line is not a row
        if any(cell is not None for cell in row):
            yield Record(file, line, dict(zip(names, row, strict=True)))
        number, line = number + 1, line + 1 + sum((cell or "").count("\n") for cell in row)
    while number in skipped:
        yield from _skipped(file, line, skipped[number])
        number, line = number + 1, line + 1 + skipped[number].text.count("\n")


def _skipped(file: str, line: int, row: arrow_csv.InvalidRow) -> Iterator[Record]:
    if row.text.strip():
        reason = f"{row.actual_columns} cells where the header has {row.expected_columns}"
        yield Record(file, line, {"text": row.text[:500]}, reason)
