"""trimtab sql QUERY: DuckDB over every dataset, version and completion."""

from typing import Annotated

import duckdb
import typer

from assets.cli.printing import Json, open_state, print_rows
from datasets_registry.errors import BadInput, first_line
from datasets_registry.views.asking import ask
from datasets_registry.views.views import are_shown

WriteFiles = Annotated[
    bool,
    typer.Option("--write-files", help="Take any statement, such as COPY TO, and open any file of yours."),
]


def sql(
    query: Annotated[str, typer.Argument(help="A SELECT, or SHOW TABLES.")],
    write_files: WriteFiles = False,
    as_json: Json = False,
) -> None:
    """Query datasets, models and completions with DuckDB SQL.

    There is a view for each dataset (its latest passed version) and each version ("dataset@3"), and the views
    versions, lineage, checks, models, completions and rounds. A query reads what the views read, no more.
    """
    registry = open_state()
    if not are_shown(registry.state):
        open_state(to_write=True).refresh_views()
    try:
        columns, rows = ask(registry.state, query, any_file=write_files)
    except duckdb.Error as error:
        raise BadInput(f'{first_line(error)} (`trimtab sql "SHOW TABLES"` lists the views)') from error
    print_rows([dict(zip(columns, row, strict=True)) for row in rows], as_json, columns)
