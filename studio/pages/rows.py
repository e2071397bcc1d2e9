"""The rows of any version as a table, a page at a time, with a link to what each was made from."""

from starlette.requests import Request
from starlette.responses import Response

from datasets_registry.rows.row import ledger_keys
from datasets_registry.rows.types import row_type
from studio.pages.asked import most_rows, registry_of, version_of, words_of
from studio.queries.rows import ROWS, rows_page
from studio.rendering import page


def rows(request: Request) -> Response:
    """A page of rows in key order."""
    registry = registry_of(request)
    version, words = version_of(request, registry), words_of(request)
    kind = row_type(version)
    calls = ledger_keys(kind)
    most = most_rows(request)
    found = rows_page(registry, version, after=words.get("after"), limit=most or ROWS)
    return page(
        "rows.html",
        {
            "version": version,
            "grain": kind.grain,
            "key": kind.key,
            "columns": {
                name: field.description or ""
                for name, field in kind.model_fields.items()
                if name not in calls and name not in kind.key
            },
            "page": found,
            "left_out": None if most is None else (version.num_rows or 0) - len(found.rows),
            "begun": "after" in words,
        },
    )
