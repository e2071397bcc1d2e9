"""Data hygiene: what a person should know about the texts before a model learns from them."""

from collections.abc import Sequence

from assets.building.declared import Dataset, Roles, dataset
from datasets_registry.rows.hygiene import HygieneFinding
from quality.hygiene.hygiene import DATA_HYGIENE

GROUP = "hygiene"


def hygiene(texts: Roles, at: str = "") -> Sequence[Dataset]:
    """``data_hygiene`` of the prompt sets and label datasets ``texts``, by row type."""
    return [dataset(at + HygieneFinding.dataset, DATA_HYGIENE, group=GROUP, inputs=texts)]
