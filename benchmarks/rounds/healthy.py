"""How often the watch stops simulated runs of eight rounds: healthy ones, and ones that lose capability.

Healthy figures are drawn from what eight healthy rounds of DPO on checked labels were seen to do. Capability
is drawn item by item: as many answers differ from round 0's as they were seen to, in both directions alike.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.sides.figure import Figure, at_most
from datasets_registry.hashing import derive_seed
from datasets_registry.intervals import wilson_interval
from datasets_registry.rows.rounds.verdict import RoundVerdict
from datasets_registry.rows.rounds.watch import Concern, RoundWatch, Scale
from quality.rounds.bounds import Bounded, watched
from quality.rounds.change import Change, Pair
from quality.rounds.settings import Bound, VerdictRules, Watch
from quality.rounds.verdict import decide

RUNS, QUICK_RUNS, ROUNDS, MOST_STOPPED = 100, 20, 8, 0.05
NUM_ITEMS, FEW_ITEMS, NUM_BENIGN = 1_000, 300, 250
FAMILIES = ("mathematics", "instructions")
RIGHT, REFUSED = 0.65, 0.05
# the share of answers to the same items that differ between a round and round 0
LEAST_DIFFERING, MOST_DIFFERING = 0.20, 0.27
# the losses that a plain bound on the point stops at
PLAIN_BOUND = 0.02
WATCH, RULES = Watch(), VerdictRules()


@dataclass(frozen=True)
class Spread:
    """Between which changes a figure of healthy rounds lay, and half of its 95 % interval."""

    figure: str
    concern: Concern
    low: float
    high: float
    half: float


SPREADS = (
    Spread("mean_tokens", "length", -0.01, 0.06, 0.03),
    Spread("p95_tokens", "length", -0.02, 0.10, 0.05),
    Spread("truncated", "length", -0.005, 0.005, 0.005),
    Spread("diversity_within", "diversity", -0.14, 0.04, 0.06),
    Spread("diversity_across", "diversity", -0.14, 0.04, 0.06),
    Spread("top_opening", "diversity", -0.3, 0.4, 0.3),
    Spread("entropy", "entropy", -0.22, -0.12, 0.08),
    Spread("logp_rejected", "training", -3.4, -1.3, 0.0),
    Spread("logp_chosen", "training", 0.07, 0.16, 0.0),
    Spread("yield_share", "yield", 0.25, 0.45, 0.0),
    Spread("yield_fall", "yield", -0.35, 0.0, 0.0),
    Spread("proxy_reward", "reward", 0.0, 0.4, 0.1),
    Spread("held_out_reward", "reward", -0.02, 0.2, 0.1),
)


def false_stops(quick: bool) -> Iterator[Figure]:
    """The share of healthy runs that are stopped, and when runs that lose 1, 2 or 3 points a round are."""
    num_runs = QUICK_RUNS if quick else RUNS
    for num_items in (NUM_ITEMS, FEW_ITEMS):
        stopped = [first_stop(seed, num_items) is not None for seed in range(num_runs)]
        name = f"healthy runs of {ROUNDS} rounds that are stopped, {num_items} items a family"
        yield at_most(name, sum(stopped) / num_runs, "share", MOST_STOPPED).model_copy(
            update={"interval": wilson_interval(sum(stopped), num_runs)}
        )
    for num_items in (NUM_ITEMS, FEW_ITEMS):
        yield _plainly_stopped(num_runs, num_items)
    for loss in (0.01, 0.02, 0.03):
        yield from _caught(num_runs, loss)


def _plainly_stopped(num_runs: int, num_items: int) -> Figure:
    """What a bound on the point alone would stop, for comparison."""
    stopped = sum(plainly_stopped(seed, num_items) for seed in range(num_runs))
    return Figure(
        name=f"the same by a point loss above {100 * PLAIN_BOUND:g} points alone, {num_items} items a family",
        value=stopped / num_runs,
        unit="share",
        interval=wilson_interval(stopped, num_runs),
    )


def _caught(num_runs: int, loss: float) -> Iterator[Figure]:
    """How many runs that lose ``loss`` of one family a round are stopped, and in which round on average."""
    rounds = [first_stop(seed, NUM_ITEMS, loss) for seed in range(num_runs)]
    caught = [number for number in rounds if number is not None]
    name = f"a loss of {100 * loss:g} points a round, {NUM_ITEMS} items"
    share = len(caught) / num_runs
    yield Figure(
        name=f"runs stopped by {name}",
        value=share,
        unit="share",
        interval=wilson_interval(len(caught), num_runs),
    )
    mean = sum(caught) / len(caught) if caught else None
    yield Figure(name=f"mean round that stops {name}", value=mean, unit="round")


def first_stop(seed: int, num_items: int, loss: float = 0.0, watch: Watch = WATCH) -> int | None:
    """The round that stops a run in which the first family truly loses ``loss`` each round; None for none."""
    verdicts = (verdict_of(seed, number, num_items, loss, watch) for number in range(1, ROUNDS + 1))
    return next((number for number, verdict in enumerate(verdicts, start=1) if verdict != "go_on"), None)


def verdict_of(seed: int, number: int, num_items: int, loss: float, watch: Watch) -> RoundVerdict:
    """The verdict on one simulated round."""
    rows = simulated(seed, number, num_items, loss, watch)
    return decide(number, rows, number - 1, RULES).verdict


def simulated(seed: int, number: int, num_items: int, loss: float, watch: Watch) -> list[RoundWatch]:
    """The watch of one simulated round."""
    generator = np.random.default_rng(derive_seed("healthy", seed, number))
    assert watch.capability is not None
    guard = watch.capability.bound
    bounded: list[Bounded] = [
        (_capability(generator, family, num_items, number * loss * (family == FAMILIES[0])), guard)
        for family in FAMILIES
    ]
    bounded.append((_refusals(generator), _bound(watch, "benign_refused")))
    bounded += [(_drawn(generator, spread), _bound(watch, spread.figure)) for spread in SPREADS]
    return watched(number, bounded, watch.chance)


def plainly_stopped(seed: int, num_items: int) -> bool:
    """Whether a bound on the point of any family stops a healthy run."""
    rows = (row for number in range(1, ROUNDS + 1) for row in simulated(seed, number, num_items, 0.0, WATCH))
    return any(row.figure == "capability" and (row.change or 0.0) < -PLAIN_BOUND for row in rows)


def _capability(generator: np.random.Generator, family: str, num_items: int, loss: float) -> Change:
    """Answers of which a share differs, in both directions alike but for the loss."""
    differing = max(generator.uniform(LEAST_DIFFERING, MOST_DIFFERING), loss)
    ours, theirs = _paired(generator, num_items, (differing - loss) / 2, (differing + loss) / 2)
    change = Change("capability", "capability", "difference", family=family)
    return change.paired(_pairs(ours, theirs))


def _paired(
    generator: np.random.Generator, num_items: int, gained: float, lost: float
) -> tuple[np.ndarray, np.ndarray]:
    """Whether each item is right in the round and in round 0."""
    uniform = generator.random(num_items)
    both = generator.random(num_items) < RIGHT
    is_gained, is_lost = uniform < gained, (uniform >= gained) & (uniform < gained + lost)
    return (both & ~is_lost) | is_gained, (both & ~is_gained) | is_lost


def _refusals(generator: np.random.Generator) -> Change:
    """Refusals of benign requests, as rare as in round 0 and independent of it."""
    ours, theirs = (generator.random(NUM_BENIGN) < REFUSED for _ in range(2))
    return Change("benign_refused", "over_refusal", "difference").paired(_pairs(ours, theirs))


def _pairs(ours: np.ndarray, theirs: np.ndarray) -> Sequence[Pair]:
    return [
        (str(place), float(our), float(their))
        for place, (our, their) in enumerate(zip(ours.tolist(), theirs.tolist(), strict=True))
    ]


def _drawn(generator: np.random.Generator, spread: Spread) -> Change:
    moved = generator.uniform(spread.low, spread.high)
    interval = (moved - spread.half, moved + spread.half) if spread.half else None
    scale: Scale = "value" if spread.figure == "yield_share" else "difference"
    return Change(spread.figure, spread.concern, scale, moved, 0.0, moved, interval, NUM_ITEMS, NUM_ITEMS)


def _bound(watch: Watch, figure: str) -> Bound:
    bound = getattr(watch, figure)
    assert isinstance(bound, Bound)
    return bound
