"""Write docs/datasets.md from the row types: python -m datasets_registry.cards.documented [--check]."""

import sys
from pathlib import Path

from datasets_registry.boundary import CommandParser, run_command
from datasets_registry.rows.row import Row, arrow_schema, ledger_keys
from datasets_registry.rows.types import ROW_TYPES
from datasets_registry.state import REPOSITORY
from datasets_registry.store.content_hash import type_name

PAGE = REPOSITORY / "docs" / "datasets.md"
INTRODUCTION = """# Datasets

What the rows of each dataset are. This page is generated from the row types in `datasets_registry/rows/`,
and a test keeps it up to date: run `python -m datasets_registry.cards.documented`.

A commit is refused if a row does not fit: a column is missing, has another type or is null where it may not
be, a word is not in its list, or a key occurs twice. The message names the row and the column. A new version
may add columns, and may not remove or retype any, so that old queries keep working.
"""


def page() -> str:
    """The whole page."""
    return INTRODUCTION + "".join(map(_section, ROW_TYPES.values()))


def _section(row: type[Row]) -> str:
    lines = [
        f"\n## {row.dataset}\n",
        f"{row.grain} Key: {_names(row.key)}.",
        *([f"Labels: {_names(row.label_columns)}."] if row.label_columns else []),
        "\n| column | type | null | meaning |",
        "|---|---|---|---|",
        *(_line(row, name) for name in row.model_fields),
    ]
    return "\n".join(lines) + "\n"


def _line(row: type[Row], name: str) -> str:
    field = arrow_schema(row).field(name)
    meaning = row.model_fields[name].description or ""
    pointed = " (`completions.key`)" if name in ledger_keys(row) else ""
    null = "may be" if field.nullable else ""
    return f"| `{name}` | {type_name(field.type)} | {null} | {meaning}{pointed} |".replace("<", "&lt;")


def _names(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def keep_page(path: Path, text: str, description: str | None) -> None:
    """Write ``text`` to ``path``; with ``--check`` on the command line, exit 1 where it is not that."""
    parser = CommandParser(description=description)
    parser.add_argument(
        "--check", action="store_true", help="write nothing; exit 1 if the page is out of date"
    )
    if parser.parse_args().check:
        sys.exit(not path.exists() or path.read_text(encoding="utf-8") != text)
    path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    run_command(lambda: keep_page(PAGE, page(), __doc__))
