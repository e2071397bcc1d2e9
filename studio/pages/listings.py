"""Which pages of labelled rows there are, by the dataset whose rows they show."""

from collections.abc import Mapping

from datasets_registry.rows.cai import RevisionStep
from datasets_registry.rows.prm import StepLabels
from datasets_registry.rows.rft import Candidate
from datasets_registry.rows.rlaif import PreferencePair
from studio.pages.choices import PAIRS, REVISIONS, SAMPLES, STEPS
from studio.pages.listing import Listing
from studio.queries.pairs import shown as pairs
from studio.queries.revisions import shown as revisions
from studio.queries.samples import shown as samples
from studio.queries.steps import shown as steps

LISTINGS: Mapping[str, Listing] = {
    listing.row.dataset: listing
    for listing in (
        Listing("pairs", PreferencePair, PAIRS, pairs),
        Listing("revisions", RevisionStep, REVISIONS, revisions),
        Listing("samples", Candidate, SAMPLES, samples),
        Listing("steps", StepLabels, STEPS, steps),
    )
}
