"""A plug-in with a dataset that is made of models that passed their gates alone."""

from collections.abc import Sequence

from assets.building.declared import Dataset, dataset
from assets.profile.profile import Profile
from methods.evaluation.selection import EVALUATION_ITEMS, SelectionSettings

WAITING = "what_waits"


def declare(profile: Profile) -> Sequence[Dataset]:
    """A dataset that waits for the gates."""
    settings = SelectionSettings(suites=("consistency",), items={"consistency": 1})
    return [dataset(WAITING, EVALUATION_ITEMS, settings, group="evaluation", waits=("gate_results",))]
