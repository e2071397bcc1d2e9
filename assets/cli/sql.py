"""trimtab sql QUERY: DuckDB over every dataset, version and completion."""

from typing import TYPE_CHECKING, Annotated

import typer

from assets.cli.printing import Csv, Json, open_state, print_rows, print_table, say
from assets.cli.screen.values import cell
from datasets_registry.errors import BadInput, first_line

if TYPE_CHECKING:
    import duckdb

WriteFiles = Annotated[
    bool,
    typer.Option("--write-files", help="Take any statement, such as COPY TO, and open any file of yours."),
]


def sql(
    query: Annotated[str, typer.Argument(help="A SELECT, or SHOW TABLES.")],
    write_files: WriteFiles = False,
    as_json: Json = False,
    as_csv: Csv = False,
) -> None:
    """Query datasets, models and completions with DuckDB SQL.

    There is a view for each dataset (its latest passed version) and each version ("dataset@3"), and the views
    versions, lineage, checks, models, completions and rounds. A query reads what the views read, no more.
    Rows wider than the terminal are shown as records, a line for each column. Times are in UTC.
    """
    import duckdb

    from datasets_registry.views.asking import ask
    from datasets_registry.views.views import are_shown

    registry = open_state()
    if not are_shown(registry.state):
        open_state(to_write=True).refresh_views()
    try:
        columns, rows = ask(registry.state, query, any_file=write_files, line=registry.records.line)
    except duckdb.Error as error:
        raise BadInput(f'{_said(error)} (`trimtab sql "SHOW TABLES"` lists the views)') from error
    if as_json or as_csv:
        print_rows([dict(zip(columns, row, strict=True)) for row in rows], as_json, columns, as_csv)
    else:
        print_table(columns, [list(map(_text, row)) for row in rows])
        if not rows:
            say("no rows")


def _text(value: object) -> str:
    """A value as it is stored: a key that is asked for is copied, and so is in full."""
    return value if isinstance(value, str) else cell(value)


def _said(error: "duckdb.Error") -> str:
    """What DuckDB says, its guess of what was meant too, without the query that it repeats."""
    said, _, _ = str(error).partition("\n\nLINE ")
    return " ".join(said.split()) or first_line(error)
