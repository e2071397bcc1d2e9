"""What a row was made from, down to the raw calls: the tree of ``trimtab explain`` as a page."""

from starlette.requests import Request
from starlette.responses import Response

from datasets_registry.errors import BadInput
from quality.auditing.explanation import explain_row
from studio.pages.asked import registry_of, version_of, words_of
from studio.pages.calls import named_calls
from studio.rendering import page


def row(request: Request) -> Response:
    """The row that ``id`` names, with everything behind it; raises BadInput where it names none."""
    registry = registry_of(request)
    version, words = version_of(request, registry), words_of(request)
    if "id" not in words:
        raise BadInput(f"the address names no row of {version}: choose one from its rows")
    explained = explain_row(registry, version, words["id"])
    return page(
        "row.html",
        {
            "version": version,
            "id": words["id"],
            "explained": explained,
            "calls": named_calls(explained),
        },
    )
