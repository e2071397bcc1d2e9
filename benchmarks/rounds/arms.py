"""What rounds bring beside controls of equal compute.

``python -m benchmarks.rounds.arms --folder FOLDER`` shows the arms that were kept there so far.
"""

import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from statistics import fmean
from typing import NamedTuple

from benchmarks.sides.figure import Figure, show
from benchmarks.sides.rounds.arms import (
    BASE,
    GOLD,
    MIX,
    NO_MIX,
    ONE_ROUND,
    RFT,
    THREE_ROUNDS,
    Arm,
    Arms,
    Seed,
    Size,
    read_seed,
)
from benchmarks.sides.rounds.labels import COMBINATIONS
from datasets_registry.boundary import CommandParser, run_command
from datasets_registry.hashing import content_id
from datasets_registry.intervals import mean_interval

# fewer seeds make no claim
SEEDS = 5
LAB = Size(
    learned=900,
    others=250,
    base_steps=700,
    gold=32,
    problems=64,
    draws=8,
    steps=15,
    held_out=300,
    others_held_out=150,
)
Items = Callable[[Arm], Sequence[float]]
MEASURES: dict[str, Items] = {
    "right": lambda arm: [float(value) for value in arm.right],
    "refused": lambda arm: [float(value) for value in arm.refused],
    "tokens": lambda arm: [float(value) for value in arm.tokens],
    "other family right": lambda arm: [float(value) for value in arm.others_right],
}


class Comparison(NamedTuple):
    """An arm and what it is compared with, in which measures; and whether a gain is claimed."""

    arm: str
    other: str
    measures: tuple[str, ...]
    is_claim: bool = False


COMPARISONS = (
    Comparison(RFT, GOLD, ("right",), is_claim=True),
    Comparison(THREE_ROUNDS, ONE_ROUND, ("refused", "right")),
    Comparison(ONE_ROUND, BASE, ("refused", "right")),
    Comparison(MIX, NO_MIX, ("other family right",), is_claim=True),
    Comparison(MIX, NO_MIX, ("refused",)),
    Comparison(NO_MIX, BASE, ("other family right",)),
    *(Comparison("gated", rule, ("right", "tokens")) for rule in COMBINATIONS if rule != "gated"),
    *(Comparison(rule, BASE, ("right", "tokens")) for rule in COMBINATIONS),
)


def figures(seeds: Sequence[Seed]) -> Iterator[Figure]:
    """Every arm's measures, and differences over the seeds that have both arms and over their items."""
    for name in dict.fromkeys(name for seed in seeds for name in seed.arms):
        arms = [seed.arms[name] for seed in seeds if name in seed.arms]
        yield Figure(name=f"{name}: seeds", value=len(arms), unit="count")
        for measure, items in MEASURES.items():
            yield _over_seeds(f"{name}: {measure}", [fmean(items(arm)) for arm in arms], _unit(measure))
        for place in range(min(len(arm.learned) for arm in arms)):
            rows = fmean(arm.learned[place] for arm in arms)
            yield Figure(name=f"{name}: pairs or rows of round {place + 1}", value=rows, unit="count")
    for comparison in COMPARISONS:
        both = [seed.arms for seed in seeds if {comparison.arm, comparison.other} <= seed.arms.keys()]
        if both:
            yield from _compared(
                comparison, [(arms[comparison.arm], arms[comparison.other]) for arms in both]
            )


def _compared(comparison: Comparison, arms: Sequence[tuple[Arm, Arm]]) -> Iterator[Figure]:
    for measure in comparison.measures:
        items = MEASURES[measure]
        pairs = [(items(ours), items(theirs)) for ours, theirs in arms]
        name = f"{comparison.arm} less {comparison.other}: {measure}"
        means = [fmean(ours) - fmean(theirs) for ours, theirs in pairs]
        found = _over_seeds(f"{name}, over seeds", means, _unit(measure))
        enough = len(arms) >= SEEDS and found.interval is not None
        if not enough:
            found = found.model_copy(update={"name": f"{found.name} (exploratory)"})
        elif comparison.is_claim and found.interval:
            claim = {"goal": "> 0 by its interval", "holds": found.interval[0] > 0}
            found = found.model_copy(update=claim)
        yield found
        yield _over_items(f"{name}, over items", pairs, _unit(measure))


def _over_seeds(name: str, values: Sequence[float], unit: str) -> Figure:
    return Figure(name=name, value=fmean(values), unit=unit, interval=mean_interval(values))


def _over_items(name: str, pairs: Sequence[tuple[Sequence[float], Sequence[float]]], unit: str) -> Figure:
    """Of all seeds' items together, as if they were of one policy."""
    differences = [our - their for ours, theirs in pairs for our, their in zip(ours, theirs, strict=True)]
    return Figure(name=name, value=fmean(differences), unit=unit, interval=mean_interval(differences))


def _unit(measure: str) -> str:
    return "tokens" if measure == "tokens" else "share"


def arms(quick: bool, folder: Path | None) -> list[Figure]:
    """All seeds; arms that ``folder`` has are measured no more. Nothing where ``quick``, as they train."""
    if quick:
        return []
    report = partial(print, file=sys.stderr, flush=True)
    with tempfile.TemporaryDirectory(prefix="trimtab-rounds-") as temporary:
        kept = folder.resolve() if folder else Path(temporary)
        for seed in range(SEEDS):
            Arms(_place(kept, LAB, seed), LAB, seed, report).run()
        return _kept(kept, LAB, SEEDS)


def _kept(folder: Path, size: Size, seeds: int) -> list[Figure]:
    return list(figures([read_seed(_place(folder, size, seed)) for seed in range(seeds)]))


def _place(folder: Path, size: Size, seed: int) -> Path:
    """Arms of another size are kept apart."""
    return folder / f"arms-{content_id(asdict(size))}" / f"seed-{seed}"


def main() -> int:
    """Print the arms that a folder has."""
    parser = CommandParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print a list of figures for programs")
    parser.add_argument("--folder", type=Path, required=True, help="where arms are kept")
    arguments = parser.parse_args()
    return show(_kept(arguments.folder.resolve(), LAB, SEEDS), as_json=arguments.json)


if __name__ == "__main__":
    run_command(main)
