"""How the numbers of a version's rows are distributed, of all of them or of those that a filter keeps."""

from starlette.requests import Request
from starlette.responses import Response

from datasets_registry.errors import BadInput
from studio.pages.asked import registry_of, version_of, words_of
from studio.pages.drawn.plots import measured_of, plots
from studio.pages.listings import listing_of
from studio.queries.rows import columns_of
from studio.rendering import page


def distributions_page(request: Request) -> Response:
    """The plots; raises BadInput for a version of which nothing is drawn, or a word that cannot be chosen."""
    registry = registry_of(request)
    version, words = version_of(request, registry), words_of(request)
    measured = measured_of(registry, version)
    if measured is None:
        raise BadInput(f"nothing is drawn of {version}: look at /version/{version}")
    listing = listing_of(version)
    choices = listing.choices.within(columns_of(registry, version)) if listing else None
    drawn = plots(registry, version, measured, choices.conditions(words) if choices else [])
    kept = {each.name for each in choices.filters} if choices else set()
    return page(
        "distributions.html",
        {
            "version": version,
            "plots": drawn,
            "rows_page": listing.name if listing else "rows",
            "words": {name: value for name, value in words.items() if name in kept},
        },
    )
