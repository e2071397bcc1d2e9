"""trimtab sql QUERY: DuckDB over every dataset, version and completion."""

import duckdb

from assets.cli.printing import Json, open_state, print_rows
from datasets_registry.errors import BadInput


def sql(query: str, as_json: Json = False) -> None:
    """Ask DuckDB: a view per dataset (latest passed), "dataset@3" for a version, and
    versions, lineage, checks, models, completions."""
    registry = open_state()
    if not registry.state.views.exists():
        registry.refresh_views()
    try:
        with duckdb.connect(registry.state.views, read_only=True) as connection:
            found = connection.execute(query)
            columns = [one[0] for one in found.description or []]
            rows = [dict(zip(columns, row, strict=True)) for row in found.fetchall()]
    except duckdb.Error as error:
        first = str(error).splitlines()[0]
        raise BadInput(f'{first} (`trimtab sql "SHOW TABLES"` lists what there is)') from error
    print_rows(rows, as_json, columns)
