"""Make docs/datasets.md from the row types: python -m datasets_registry.cards.documented [--check]."""

import argparse
import sys
from pathlib import Path

from datasets_registry.rows.row import Row, arrow_schema, ledger_keys
from datasets_registry.rows.types import ROW_TYPES
from datasets_registry.state import REPOSITORY
from datasets_registry.store.content_hash import type_name


def keep_page(path: Path, text: str, description: str | None) -> None:
    """Write ``text`` to ``path``; with ``--check`` on the command line, exit 1 where it is not that."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 where the page is old")
    if parser.parse_args().check:
        sys.exit(not path.exists() or path.read_text(encoding="utf-8") != text)
    path.write_text(text, encoding="utf-8")


PAGE = REPOSITORY / "docs" / "datasets.md"
INTRODUCTION = """# Datasets

What each dataset's rows are. The page is made from the row types in `datasets_registry/`, and a test keeps
it so; after a change run `python -m datasets_registry.cards.documented`.

A commit is refused where a row does not fit: a column missing, of another type or null where it may not be,
a word that is none of the listed ones, or a key that stands twice. The message names row and column. From
version to version columns may be added, and not removed or retyped, so that old queries stay true.
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
    return ", ".join(f"`{one}`" for one in names)


if __name__ == "__main__":
    keep_page(PAGE, page(), __doc__)
