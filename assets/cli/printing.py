"""What commands print: tables, JSON, warnings, and a progress bar on a terminal's stderr."""

import json
import math
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from assets.profile.chosen import join_chosen_plugins
from datasets_registry.plain_text import plain as plain_text
from datasets_registry.state import State
from datasets_registry.version import Version

if TYPE_CHECKING:
    from datasets_registry.registry import Registry


WIDE = 240
HASH = re.compile(r"[0-9a-f]{32,64}")
Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
Reference = Annotated[
    str, typer.Argument(help="NAME for the latest passed version, NAME@3 for an exact one.")
]


def say(text: str, *, on_stderr: bool = False) -> None:
    """Print a text, in which what steers a terminal is its escape."""
    print(plain_text(text), file=sys.stderr if on_stderr else sys.stdout)


def print_rows(rows: Sequence[dict[str, Any]], as_json: bool, columns: Sequence[str]) -> None:
    """Print ``columns`` of the rows as a table, or all of the rows as JSON."""
    if as_json:
        print_json(list(rows))
        return
    table = table_of(columns)
    for row in rows:
        table.add_row(*(plain(_cell(row[column])) for column in columns))
    console().print(table)


def print_json(value: object) -> None:
    """Print JSON for programs: numbers that JSON lacks (NaN, infinities) are null, other values are text."""
    print(json.dumps(_jsonable(value), indent=2, default=str, allow_nan=False))


def _jsonable(value: object) -> object:
    if isinstance(value, Mapping):
        return {str(name): _jsonable(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_jsonable(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def print_facts(facts: Iterable[tuple[str, Any]]) -> None:
    """Print name and value a line, without those that are None."""
    table = Table(box=None, show_header=False)
    for name, value in facts:
        if value is not None:
            table.add_row(plain(name), plain(f"{value:,}" if type(value) is int else str(value)))
    console().print(table)


def print_table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print rows of texts."""
    table = table_of(headings)
    for row in rows:
        table.add_row(*map(plain, row))
    console().print(table)


def table_of(headings: Iterable[str]) -> Table:
    """A table without rows yet."""
    table = Table()
    for heading in headings:
        table.add_column(plain(heading))
    return table


def warn_unpassed(version: Version) -> None:
    """Warn on stderr if ``version`` has not passed its checks."""
    if version.status != "passed":
        say(
            f"warning: {version} is {version.status}: it has not passed its checks, so do not train on it",
            on_stderr=True,
        )


def console(on_stderr: bool = False) -> Console:
    """Where tables and trees are printed; stderr for what must not mix with JSON."""
    if on_stderr:
        return Console(stderr=True)
    # a pipe has no width to fit in, and nothing may be cut there
    return Console(width=None if sys.stdout.isatty() else WIDE, soft_wrap=False)


def plain(text: str) -> Text:
    """``text`` as text: brackets in it are no markup, and what steers a terminal is its escape."""
    return Text(plain_text(text))


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list | tuple) and all(isinstance(part, str) for part in value):
        return ", ".join(value)
    if isinstance(value, str) and HASH.fullmatch(value):
        return value[:12]
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def open_state(*, to_write: bool = False) -> "Registry":
    """The registry in the state folder, whose rows may be of the types of the profile's plug-ins.

    A command that is not there ``to_write`` leaves the folder as it is, and so works on a full or read-only
    disk. Raises BadInput where a plug-in cannot be used.
    """
    from datasets_registry.registry import Registry

    join_chosen_plugins()
    return Registry(State().prepare()) if to_write else Registry(State(), reads_only=True)


@contextmanager
def progress_bar(title: str, total: int | None = None, unit: str = "rows") -> Iterator[Callable[[int], None]]:
    """Yield a function to call with the number of ``unit`` done so far."""
    console = Console(stderr=True)
    columns = (TextColumn(title), BarColumn(), MofNCompleteColumn(), TextColumn(unit), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as bar:
        task = bar.add_task(title, total=total)
        yield lambda done: bar.update(task, completed=done)
