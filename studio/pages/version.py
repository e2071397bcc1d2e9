"""The page of a version: how it was made, its checks, columns, lineage, and the other versions."""

from starlette.requests import Request
from starlette.responses import Response

from datasets_registry.inspecting.listing import list_versions
from datasets_registry.inspecting.recipe_changes import setting_changes
from datasets_registry.inspecting.version_details import version_details
from datasets_registry.version import Version
from studio.pages.asked import registry_of, version_of
from studio.pages.drawn.plots import measures_of
from studio.pages.listings import listing_of
from studio.pictures.lineage import lineage_picture
from studio.rendering import page


def version_page(request: Request) -> Response:
    """Everything about a version of a dataset or model."""
    registry = registry_of(request)
    version = version_of(request, registry)
    details = version_details(registry, version, 0)
    return page(
        "version.html",
        {
            "version": version,
            "details": details,
            "settings": list(setting_changes({}, details.settings)),
            "versions": list_versions(registry, version.name),
            "picture": lineage_picture(registry, version),
            "rows_page": _rows_page(version),
            "is_drawn": bool(measures_of(registry, version)),
        },
    )


def _rows_page(version: Version) -> str:
    """The page of its rows: one of their own, or a table."""
    listing = listing_of(version)
    return listing.name if listing else "rows"
