"""GRPO, RLOO and PPO on a verifier's reward, RFT on as many samples, controls: python benchmarks/online.py.

Each arm is kept in --folder as soon as it is measured: the same command goes on, and --read shows what is
there.
"""

import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from statistics import fmean

# run as a file, this folder would hide the packages beside it
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.sides.figure import Figure, nothing_printed, repeated, show
from benchmarks.sides.paired import difference, mean
from benchmarks.sides.training.online import (
    BASE,
    CHANCE,
    GOLD,
    RFT,
    TRAINERS,
    Arm,
    Online,
    Seed,
    Size,
    named,
    read_seed,
)
from datasets_registry.boundary import CommandParser, run_command

SEEDS = 5
LAB = Size(
    gold=3_000,
    base_steps=450,
    erring_steps=500,
    prompts=16,
    num_draws=8,
    steps=40,
    own_steps=150,
    held_out=1_000,
)
QUICK = Size(
    gold=200,
    base_steps=150,
    erring_steps=4,
    prompts=8,
    num_draws=4,
    steps=2,
    own_steps=2,
    held_out=20,
    rates=(3e-4,),
    sizes=(2,),
)
Arms = Mapping[str, Mapping[int, Arm]]


def figures(seeds: Sequence[Seed], rates: Sequence[float]) -> Iterator[Figure]:
    """Held-out accuracy of each arm, sampled and greedy, and differences over the seeds that have both."""
    arms = {
        name: _by_seed(seeds, name) for name in dict.fromkeys(name for seed in seeds for name in seed.arms)
    }
    for name, measured in arms.items():
        yield Figure(name=f"{name}: seeds", value=len(measured), unit="count")
        yield mean(f"{name}: solved at T = 1", [arm.sampled for arm in measured.values()])
        yield mean(f"{name}: solved greedily", [arm.greedy for arm in measured.values()])
    for name in arms:
        for other in () if name == BASE else (BASE, *_others(name, rates)):
            yield from _differences(name, other, arms)
    for name, measured in arms.items():
        parts = zip(*(arm.by_part for arm in measured.values()), strict=True)
        for part, values in enumerate(parts, start=1):
            yield repeated(f"{name}: samples accepted, quarter {part} of the steps", values, "share")
        tokens = fmean(arm.tokens for arm in measured.values())
        if tokens:
            yield Figure(name=f"{name}: tokens sampled", value=tokens, unit="tokens")


def _by_seed(seeds: Sequence[Seed], name: str) -> dict[int, Arm]:
    return {number: seed.arms[name] for number, seed in enumerate(seeds) if name in seed.arms}


def _others(name: str, rates: Sequence[float]) -> Iterator[str]:
    """The controls of an arm: at its own steps and rate, and RFT at its best ones."""
    if name == RFT:
        yield GOLD
    for rate in rates:
        if name == named(RFT, rate):
            yield named(GOLD, rate)
        for trainer in TRAINERS:
            if name == named(trainer, rate):
                yield from (named(f"{trainer}, {CHANCE}", rate), named(GOLD, rate), named(RFT, rate), RFT)


def _differences(name: str, other: str, arms: Arms) -> Iterator[Figure]:
    both = [seed for seed in arms[name] if seed in arms.get(other, {})]
    if both:
        ours, theirs = ([arms[which][seed] for seed in both] for which in (name, other))
        pairs = list(zip(ours, theirs, strict=True))
        yield difference(
            f"{name} less {other}, T = 1", [(our.sampled, their.sampled) for our, their in pairs]
        )
        yield difference(f"{name} less {other}, greedy", [(our.greedy, their.greedy) for our, their in pairs])


def _measure(folder: Path, size: Size, seed: int) -> None:
    Online(folder / f"seed-{seed}", size, seed, partial(print, file=sys.stderr, flush=True)).run()


def _measured(folder: Path, size: Size, seeds: int) -> list[Figure]:
    """Measure what is missing of ``seeds``, two at once, each of which needs one core; all figures."""
    # a seed has a state folder of its own, which trainers find in the environment
    with ProcessPoolExecutor(min(2, seeds), get_context("spawn")) as pool:
        list(pool.map(partial(_measure, folder, size), range(seeds)))
    return _read(folder, size, seeds)


def _read(folder: Path, size: Size, seeds: int) -> list[Figure]:
    return list(figures([read_seed(folder / f"seed-{seed}") for seed in range(seeds)], size.rates))


def main() -> int:
    """Measure or read, and print."""
    parser = CommandParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print a list of figures for programs")
    parser.add_argument("--quick", action="store_true", help="a version under 60 s, for sanity")
    parser.add_argument("--read", action="store_true", help="show what --folder has, and measure nothing")
    parser.add_argument("--seeds", type=int, default=SEEDS, help=f"how many seeds, {SEEDS} if not given")
    parser.add_argument("--folder", type=Path, help="where arms are kept; removed at the end if not given")
    arguments = parser.parse_args()
    size, seeds = (QUICK, 1) if arguments.quick else (LAB, arguments.seeds)
    with tempfile.TemporaryDirectory(prefix="trimtab-online-") as temporary, nothing_printed():
        folder = arguments.folder.resolve() if arguments.folder else Path(temporary)
        found = (_read if arguments.read else _measured)(folder, size, seeds)
    return show(found, as_json=arguments.json)


if __name__ == "__main__":
    run_command(main)
