"""Steps of the optimiser and their rates, for each model of each shipped profile, from its settings alone."""

from collections.abc import Iterator
from statistics import fmean

from assets.building.declared import Dataset, Trained
from assets.building.grounds import Grounds
from assets.estimates.amount import Amount
from assets.estimates.calls import amounts
from assets.pipelines.whole import declare
from assets.profile.chosen import FOLDER
from assets.profile.profile import load_profile
from benchmarks.sides.figure import Figure, repeated


def planned_steps() -> Iterator[Figure]:
    """Of each model that is trained: its steps, on at most as many rows as the settings allow, and rates."""
    for path in sorted(FOLDER.glob("*.toml")):
        ordered = Grounds(declare(load_profile(str(path)))).ordered
        found = amounts([asset for asset in ordered if isinstance(asset, Dataset)], {})
        for asset in ordered:
            if isinstance(asset, Trained):
                yield from _steps(f"{path.stem}: {asset.name}", asset, found.get(asset.section.dataset))


def _steps(title: str, model: Trained, dataset: Amount | None) -> Iterator[Figure]:
    """Its steps, and the mean of their rates between the lowest and the highest."""
    settings = model.section.training
    if dataset is None and settings.max_steps is None:
        # imported rows are not known before they are there
        yield Figure(name=f"{title}, steps", value=None, unit="steps")
        return
    schedule = settings.schedule(settings.iterations(dataset.rows.train if dataset else 0))
    yield repeated(f"{title}, steps", [schedule.steps], "steps", f">= {settings.min_steps}")
    rates, mean = schedule.rates, fmean(schedule.rates)
    yield Figure(
        name=f"{title}, mean rate",
        value=mean,
        unit="",
        interval=(min(rates), max(rates)),
        goal="> 0",
        holds=mean > 0,
    )
