"""Which pages of labelled rows there are, by the dataset whose rows they show."""

from collections.abc import Callable, Mapping
from functools import cache, partial

from starlette.requests import Request
from starlette.responses import Response

from datasets_registry.errors import BadInput
from datasets_registry.rows.cai import RevisionStep
from datasets_registry.rows.oversight.amplified import AmplifiedAnswer
from datasets_registry.rows.oversight.debates import Debate
from datasets_registry.rows.prm import StepLabels
from datasets_registry.rows.review.sample import ReviewItem
from datasets_registry.rows.rft import Candidate
from datasets_registry.rows.rlaif import PreferencePair
from datasets_registry.rows.row import Row
from datasets_registry.rows.types import ROW_TYPES, rows_of
from datasets_registry.version import Version
from studio.pages.asked import registry_of, version_of
from studio.pages.choices import DEBATES, PAIRS, REVISIONS, SAMPLES, STEPS, TREES
from studio.pages.conversations import conversation_choices, holds_conversation
from studio.pages.listing import Listing
from studio.queries.conversations import shown as conversations
from studio.queries.debates import shown as debates
from studio.queries.pairs import shown as pairs
from studio.queries.revisions import shown as revisions
from studio.queries.samples import shown as samples
from studio.queries.steps import shown as steps
from studio.queries.trees import shown as trees

LISTINGS: Mapping[str, Listing] = {
    listing.row.dataset: listing
    for listing in (
        Listing("pairs", PreferencePair, PAIRS, pairs),
        Listing("revisions", RevisionStep, REVISIONS, revisions),
        Listing("samples", Candidate, SAMPLES, samples),
        Listing("steps", StepLabels, STEPS, steps),
        Listing("debates", Debate, DEBATES, debates),
        Listing("trees", AmplifiedAnswer, TREES, trees, {"level": "problems"}),
    )
}
CONVERSATIONS = "conversations"
# who reviews is to see its items one by one, without their labels
_NOT_SHOWN = {ReviewItem.dataset}


def listing_of(version: Version) -> Listing | None:
    """The page of the version's rows; None where they have none of their own."""
    row = ROW_TYPES.get(rows_of(version)) if version.kind == "dataset" else None
    if row is None or row.dataset in LISTINGS:
        return LISTINGS.get(rows_of(version)) if row else None
    return _conversations(row) if holds_conversation(row) and row.dataset not in _NOT_SHOWN else None


def listing_pages() -> Mapping[str, Callable[[Request], Response]]:
    """What answers each page of rows, by its name."""
    names = (*(listing.name for listing in LISTINGS.values()), CONVERSATIONS)
    return {name: partial(_listed, name) for name in dict.fromkeys(names)}


def _listed(name: str, request: Request) -> Response:
    """The page; raises BadInput for a version of other rows."""
    registry = registry_of(request)
    version = version_of(request, registry)
    listing = listing_of(version)
    if listing is None or listing.name != name:
        raise BadInput(f"{version} holds no {name}: look at /version/{version}")
    return listing.answer(request, registry, version)


@cache
def _conversations(row: type[Row]) -> Listing:
    return Listing(CONVERSATIONS, row, conversation_choices(row), conversations)
