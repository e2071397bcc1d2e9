"""How commands print: a table for people, JSON for programs; and the registry they read."""

import json
import re
import sys
from collections.abc import Sequence
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from datasets_registry.registry import Registry
from datasets_registry.state import State

WIDE = 240
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
HASH = re.compile(r"[0-9a-f]{32,64}")
Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]


def print_rows(rows: Sequence[dict[str, Any]], as_json: bool, columns: Sequence[str]) -> None:
    """Print ``columns`` of the rows as a table, or all of the rows as JSON."""
    if as_json:
        print(json.dumps(list(rows), indent=2, default=str))
        return
    table = Table(*columns)
    for row in rows:
        table.add_row(*(plain(_cell(row[name])) for name in columns))
    console().print(table)


def console(on_stderr: bool = False) -> Console:
    """Where tables and trees are printed; on stderr what must not stand in the JSON."""
    if on_stderr:
        return Console(stderr=True)
    # a pipe has no width to fit in, and nothing may be cut there
    return Console(width=None if sys.stdout.isatty() else WIDE, soft_wrap=False)


def plain(text: str) -> Text:
    """``text`` as text: brackets in it are no markup, and control characters reach no terminal."""
    return Text(CONTROL.sub("�", text))


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return ", ".join(value)
    if isinstance(value, str) and HASH.fullmatch(value):
        return value[:12]
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def open_state() -> Registry:
    """The registry in the state folder."""
    return Registry(State().prepare())
