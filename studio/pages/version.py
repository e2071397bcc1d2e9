"""The page of a version: how it was made, its checks, columns, lineage, and the other versions."""

from collections.abc import Mapping, Sequence

from starlette.requests import Request
from starlette.responses import Response

from datasets_registry.inspecting.listing import list_versions
from datasets_registry.inspecting.recipe_changes import setting_changes
from datasets_registry.inspecting.version_details import version_details
from datasets_registry.registry import Registry
from datasets_registry.rows.evaluation import EvaluationDifference, SuiteAnswer, SuiteFigure
from datasets_registry.rows.oversight.report import OversightFigure
from datasets_registry.rows.rounds.verdict import Verdict
from datasets_registry.rows.rounds.watch import RoundWatch
from datasets_registry.rows.types import rows_of
from datasets_registry.version import Version
from studio.pages.asked import registry_of, version_of
from studio.pages.drawn.plots import measured_of
from studio.pages.listings import listing_of
from studio.pictures.lineage import lineage_picture
from studio.queries.evaluated.together import together
from studio.rendering import page

# pages of datasets whose rows are no list of entries, by dataset
PAGES: Mapping[str, Sequence[str]] = {
    SuiteFigure.dataset: ("evaluation",),
    EvaluationDifference.dataset: ("evaluation",),
    OversightFigure.dataset: ("oversight",),
    Verdict.dataset: ("rounds",),
    RoundWatch.dataset: ("rounds",),
}
EVALUATED = (SuiteFigure.dataset, EvaluationDifference.dataset, SuiteAnswer.dataset)


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
            "is_drawn": measured_of(registry, version) is not None,
            "pages": _pages(registry, version),
        },
    )


def _pages(registry: Registry, version: Version) -> Mapping[str, Mapping[str, str]]:
    """The pages that show its rows, with what is chosen there: those of its own, then of all columns."""
    if version.kind != "dataset":
        return {}
    listing, row = listing_of(version), rows_of(version)
    own: dict[str, Mapping[str, str]] = {name: {} for name in PAGES.get(row, ())}
    if listing:
        own[listing.name] = listing.opened
    if row in EVALUATED and together(registry, version).is_comparison:
        own["flips"] = {}
    return own | {"rows": {}}
