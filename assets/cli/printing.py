"""What commands print: tables, JSON, CSV, warnings, and a progress bar on a terminal's stderr."""

import csv
import json
import math
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console, RenderableType
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.tree import Tree

from assets.cli.screen.values import cell
from assets.screen.table import fitted, laid_out, record, screen_width, wrapped
from datasets_registry.errors import BadInput
from datasets_registry.plain_text import plain as plain_text
from datasets_registry.state import State

if TYPE_CHECKING:
    from datasets_registry.registry import Registry
    from datasets_registry.version import Version


# where nothing says how wide it is; a tree has no natural width
WIDE = 240
# rows that anybody looks at on a screen
MOST_SHOWN = 1_000_000
Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
Csv = Annotated[
    bool, typer.Option("--csv", help="Print CSV for programs: every value in full, and empty where none.")
]
Reference = Annotated[
    str, typer.Argument(help="NAME for the latest passed version, NAME@3 or NAME@TAG for an exact one.")
]


def say(text: str, *, on_stderr: bool = False) -> None:
    """Print a text, which wraps between words on a terminal; what would steer that is its escape."""
    width = None if on_stderr else screen_width()
    lines = wrapped(text, width) if width else [plain_text(text)]
    print("\n".join(lines), file=sys.stderr if on_stderr else sys.stdout)


def print_rows(
    rows: Sequence[dict[str, Any]],
    as_json: bool,
    columns: Sequence[str],
    as_csv: bool = False,
    can_go: Sequence[str] = (),
) -> None:
    """Print ``columns`` of the rows as a table or as CSV, or all of the rows as JSON.

    A table that is wider than the screen does without those that ``can_go``, the last one first. Raises
    BadInput where both forms for programs are asked for.
    """
    if as_json and as_csv:
        raise BadInput("--json and --csv are two forms: choose one")
    if as_json:
        print_json(list(rows))
    elif as_csv:
        _print_csv(rows, columns)
    else:
        texts = [{column: cell(row[column]) for column in columns} for row in rows]
        left = _that_fit(texts, columns, can_go)
        print_table(left, ([row[column] for column in left] for row in texts), shows_empty=False)


def _that_fit(rows: Sequence[dict[str, str]], columns: Sequence[str], can_go: Sequence[str]) -> list[str]:
    """The columns without as many of those that ``can_go`` as the screen has no room for in whole words."""
    for number in range(len(can_go) + 1):
        gone = can_go[len(can_go) - number :]
        left = [column for column in columns if column not in gone]
        texts = [[row[column] for column in left] for row in rows]
        if fitted(left, texts, screen_width(), breaks=False):
            return left
    return list(columns)


def _print_csv(rows: Sequence[dict[str, Any]], columns: Sequence[str]) -> None:
    """Values as they are, but on a terminal, which they could steer."""
    out = csv.writer(sys.stdout, lineterminator="\n")
    shown = plain_text if sys.stdout.isatty() else str
    out.writerow(map(shown, columns))
    out.writerows([shown(_in_full(row[column])) for column in columns] for row in rows)


def _in_full(value: object) -> str:
    """As JSON has it, where a text, or a time, is itself."""
    if value is None:
        return ""
    if isinstance(value, list | tuple | Mapping | bool):
        return json.dumps(_jsonable(value), default=str, ensure_ascii=False)
    return str(value)


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
    """Print name and value a line, without those that have none."""
    told = [(name, f"{value:,}" if type(value) is int else cell(value)) for name, value in facts]
    _print(record([(name, value) for name, value in told if value], screen_width()))


def print_table(headings: Sequence[str], rows: Iterable[Sequence[str]], *, shows_empty: bool = True) -> None:
    """Print rows of texts as a table, or as records where it is wider than the screen.

    A record has a line for an empty value where it ``shows_empty``: whoever asked for the column by name.
    """
    for part in laid_out(headings, list(rows), screen_width(), shows_empty=shows_empty):
        _print(part)


def print_tree(tree: Tree) -> None:
    """Print a tree, whose lines wrap at the screen's width."""
    _print(tree, screen_width() or WIDE)


def _print(part: RenderableType, width: int = sys.maxsize) -> None:
    """Print a part of the screen, whose lines end where their text does."""
    # a table was fitted before: what is wider still is the terminal's to wrap
    screen = Console(width=width)
    with screen.capture() as captured:
        screen.print(part)
    for line in captured.get().splitlines():
        print(line.rstrip())


def warn_unpassed(version: "Version") -> None:
    """Warn on stderr if ``version`` has not passed its checks."""
    if version.status != "passed":
        say(
            f"warning: {version} is {version.status}: it has not passed its checks, so do not train on it",
            on_stderr=True,
        )


def console(on_stderr: bool = False) -> Console:
    """Where it is shown that something is under way; stderr for what must not mix with JSON."""
    return Console(stderr=on_stderr)


def open_state(*, to_write: bool = False, begins: bool = False) -> "Registry":
    """The registry in the state folder, whose rows may be of the types of the profile's plug-ins.

    It speaks the names of the chosen experiment, which has to be there unless the command ``begins`` one. A
    command that is not there ``to_write`` leaves the folder as it is, and so works on a full or read-only
    disk. Raises BadInput where a plug-in cannot be used, or there is no such experiment.
    """
    from assets.profile.chosen import join_chosen_plugins, named_experiment
    from datasets_registry.catalog.line import line_of, require_experiment
    from datasets_registry.registry import Registry

    join_chosen_plugins()
    experiment = named_experiment()
    registry = Registry(State().prepare()) if to_write else Registry(State(), reads_only=True)
    if experiment and not begins:
        require_experiment(registry.engine, experiment)
    return registry.of(line_of(registry.engine, experiment))


@contextmanager
def progress_bar(title: str, total: int | None = None, unit: str = "rows") -> Iterator[Callable[[int], None]]:
    """Yield a function to call with the number of ``unit`` done so far."""
    console = Console(stderr=True)
    columns = (TextColumn(title), BarColumn(), MofNCompleteColumn(), TextColumn(unit), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as bar:
        task = bar.add_task(title, total=total)
        yield lambda done: bar.update(task, completed=done)
