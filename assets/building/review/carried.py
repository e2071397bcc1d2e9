"""Agreement that carries over: that of an earlier version with nearly the same pairs and labels."""

from assets.building.declared import Dataset
from assets.building.versions import Versions
from datasets_registry.registry import Registry
from datasets_registry.rows.review.agreement import ReviewFigure
from datasets_registry.rows.review.reviews import HumanReview
from datasets_registry.rows.review.sample import ReviewItem
from datasets_registry.rows.rlaif import PreferencePair
from datasets_registry.version import Derivation, Version
from datasets_registry.views.files import parquet
from datasets_registry.views.scanning import scanning
from quality.auditing.publishing import publish
from quality.review.joined import by_item
from quality.review.settings import ReviewGate

LEAST_SHARED = 0.9
CARRIED = "carried_over"


def carried(dataset: Dataset, versions: Versions) -> Version | None:
    """The version of ``dataset`` that an earlier agreement makes, where it passed and models wait for it.

    It is asked only where pairs of today's sample wait, and holds where at least nine tenths of the pairs of
    either version are in the other with the same label. None where nothing carries over.
    """
    gate = dataset.settings
    if dataset.method.rows is not ReviewFigure or not isinstance(gate, ReviewGate) or not gate.required:
        return None
    registry, how = versions.registry, versions.derivation(dataset.name)
    pairs = _input(dataset, PreferencePair.dataset, how)
    if not _waits(dataset, gate, how, registry):
        return None
    for version, before in registry.records.derivations(dataset.name):
        earlier = _input(dataset, PreferencePair.dataset, before)
        if not _counts(version, before, how, registry) or earlier is None or pairs is None:
            continue
        share = shared(registry, earlier, pairs)
        if share >= LEAST_SHARED:
            rows = [*registry.rows(ReviewFigure, version), _note(version, earlier, share)]
            return publish(registry, ReviewFigure, rows, how, dataset.name)
    return None


def _input(dataset: Dataset, role: str, how: Derivation) -> Version | None:
    (name,) = dataset.inputs[role]
    return next((version for version in how.inputs if version.name == name), None)


def _waits(dataset: Dataset, gate: ReviewGate, how: Derivation, registry: Registry) -> bool:
    """Whether fewer pairs of the sample are reviewed than the gate asks for."""
    sample, reviews = (_input(dataset, role, how) for role in (ReviewItem.dataset, HumanReview.dataset))
    assert sample is not None and reviews is not None
    answered = by_item(registry.rows(HumanReview, reviews))
    asked = [item for item in registry.rows(ReviewItem, sample) if item.role == "sample"]
    return sum(item.item_id in answered for item in asked) < min(gate.reviewed, len(asked))


def _counts(version: Version, before: Derivation, how: Derivation, registry: Registry) -> bool:
    """Whether an agreement passed under today's bounds, and was of its own pairs: none is carried twice."""
    if version.status != "passed" or before.settings != how.settings:
        return False
    return all(row.figure != CARRIED for row in registry.rows(ReviewFigure, version))


def shared(registry: Registry, earlier: Version, later: Version) -> float:
    """The share of pairs that both versions have under the same label, of those of the larger."""
    with scanning(registry.state) as connection:
        both = " INTERSECT ".join(
            f"SELECT pair_id, label FROM {parquet(registry.files(version))}" for version in (earlier, later)
        )
        row = connection.execute(f"SELECT count(*) FROM ({both})").fetchone()
    assert row is not None
    return float(row[0]) / max(earlier.num_rows or 1, later.num_rows or 1)


def _note(version: Version, earlier: Version, share: float) -> ReviewFigure:
    return ReviewFigure(
        figure=CARRIED,
        subset="all",
        part="",
        value=share,
        low=None,
        high=None,
        num_items=earlier.num_rows or 0,
        required=True,
        says=f"the figures are those of {version}, of {earlier}, which shares so many pairs and labels",
    )
