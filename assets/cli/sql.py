"""trimtab sql QUERY: DuckDB over every dataset, version and completion."""

from typing import Annotated

import duckdb
import typer

from assets.cli.printing import Json, open_state, print_rows
from datasets_registry.errors import BadInput


def sql(
    query: Annotated[str, typer.Argument(help="A SELECT, or SHOW TABLES.")], as_json: Json = False
) -> None:
    """Query datasets, models and completions with DuckDB SQL.

    There is a view for each dataset (its latest passed version) and each version ("dataset@3"), and the views
    versions, lineage, checks, models and completions.
    """
    registry = open_state()
    if not registry.state.views.exists():
        registry.refresh_views()
    try:
        with duckdb.connect(registry.state.views, read_only=True) as connection:
            result = connection.execute(query)
            columns = [field[0] for field in result.description or []]
            rows = [dict(zip(columns, row, strict=True)) for row in result.fetchall()]
    except duckdb.Error as error:
        first = str(error).splitlines()[0]
        raise BadInput(f'{first} (`trimtab sql "SHOW TABLES"` lists the views)') from error
    print_rows(rows, as_json, columns)
