"""What each asset's calls cost at most, by the prices of its models and by whether they go by batch."""

from collections.abc import Sequence
from dataclasses import dataclass

from assets.building.declared import Dataset, Declared
from assets.estimates.amount import Asked, Rows
from assets.estimates.calls import amounts
from assets.profile.models import GivenModel
from assets.profile.profile import Profile
from datasets_registry.registry import Registry
from generation.spending import Price


@dataclass(frozen=True)
class Priced:
    """US dollars that an asset's calls cost at most, and those of them that go by batch."""

    usd: float
    by_batch: float


def prices_of(profile: Profile, declared: Sequence[Declared], registry: Registry) -> dict[str, Priced]:
    """What each asset costs at most whose models have a price, by name; ``declared`` is in building order."""
    given = [section for section in profile.models.values() if isinstance(section, GivenModel)]
    if all(section.price == Price() for section in given):
        return {}
    datasets = [asset for asset in declared if isinstance(asset, Dataset)]
    found = amounts(datasets, made_rows(datasets, registry))
    priced = {name: _priced(profile, amount.asked) for name, amount in found.items()}
    return {name: price for name, price in priced.items() if price.usd}


def made_rows(datasets: Sequence[Dataset], registry: Registry) -> dict[str, Rows]:
    """Rows of the newest versions that passed; prompts and problems are counted by their settings."""
    exact = {dataset.name for dataset in datasets if not dataset.inputs}
    versions = {name: registry.latest(name) for name in registry.names("dataset")}
    return {
        name: Rows(version.num_rows)
        for name, version in versions.items()
        if version and version.num_rows is not None and name not in exact
    }


def _priced(profile: Profile, asked: Sequence[Asked]) -> Priced:
    usd = by_batch = 0.0
    for calls in asked:
        given = profile.given(calls.model)
        cost = usd_of(given, calls.calls, calls.reads, calls.writes)
        usd += cost
        by_batch += cost if _goes_by_batch(given, calls.calls) else 0
    return Priced(usd, by_batch)


def usd_of(given: GivenModel, calls: int, reads: float, writes: float) -> float:
    """US dollars of so many calls, each of which reads and writes so many tokens."""
    price = given.price.by_batch if _goes_by_batch(given, calls) else given.price
    return price.usd(calls * reads, 0, calls * writes)


def _goes_by_batch(given: GivenModel, calls: int) -> bool:
    return given.engine.batch_from is not None and calls >= given.engine.batch_from
