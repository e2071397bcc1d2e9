"""Datasets of plug-ins: what the `declare` of each module in the profile's `[plugins]` gives."""

from collections.abc import Callable, Iterable, Iterator

from assets.building.declared import Dataset
from assets.profile.profile import Profile
from datasets_registry.errors import BadInput
from datasets_registry.plugins import load_plugin
from datasets_registry.rows.types import ROW_TYPES

Declare = Callable[[Profile], Iterable[Dataset]]


def plugged(profile: Profile) -> Iterator[Dataset]:
    """The datasets that the plug-ins of ``profile`` declare; their models are sections of the profile.

    Raises BadInput where a plug-in declares something else, or rows of a type that no ``ROW_TYPES`` names.
    """
    for plugin in profile.plugins.modules:
        declare: Declare = getattr(load_plugin(plugin), "declare", _nothing)
        for dataset in declare(profile):
            _require_usable(plugin, dataset)
            yield dataset


def _nothing(profile: Profile) -> Iterable[Dataset]:
    return ()


def _require_usable(plugin: str, dataset: object) -> None:
    if not isinstance(dataset, Dataset):
        raise BadInput(
            f"plugins: {plugin}.declare gives {dataset!r}, which is not a dataset: make it with "
            "assets.building.declared.dataset"
        )
    row = dataset.method.rows
    if ROW_TYPES.get(row.dataset) is not row:
        raise BadInput(
            f"plugins: {plugin} declares {dataset.name}, and its ROW_TYPES has no {row.__name__}: add it"
        )
