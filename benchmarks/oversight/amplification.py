"""Amplification against controls that could refute it: python -m benchmarks.oversight --only amplification.

A lab policy that knows the larger of two numbers answers for four through its two halves, learns these
answers, and then answers for eight. No gold is used but for measuring. Seeds are kept in ``--folder`` as they
end: the same command goes on.
"""

import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from pydantic import TypeAdapter

from benchmarks.oversight.amplified import KNOWN, SIZES, Arms, Size, arms, by_arm
from benchmarks.sides.figure import Figure
from benchmarks.sides.lab import Lab
from benchmarks.sides.paired import above_zero, difference, difference_over_items, mean
from datasets_registry.hashing import content_id

SEEDS = 5
FULL = Size(gold=1_500, problems=600, held_out=300, base_steps=600, round_steps=200)
QUICK = Size(gold=400, problems=60, held_out=16, base_steps=300, round_steps=4)
PLAIN = "gold of two numbers again, as many steps"
PAIRS = (
    ("one distillation", "base", 4),
    ("one distillation", PLAIN, 4),
    ("one distillation", "own direct answers as labels", 4),
    ("gold of the same problems (ceiling)", "one distillation", 4),
    ("two distillations", "one distillation", 8),
    ("two distillations", "gold of two numbers again, twice the steps", 8),
    ("two distillations", "base", KNOWN),
)


_ARMS = TypeAdapter(Arms)


def amplification(quick: bool, folder: Path | None) -> list[Figure]:
    """Accuracy by size of problem: amplified, and direct after one and two distillations and controls."""
    with tempfile.TemporaryDirectory(prefix="trimtab-amplification-") as temporary:
        kept, size = folder or Path(temporary), QUICK if quick else FULL
        found = [_seed(kept, size, seed) for seed in range(1 if quick else SEEDS)]
    return [*_amplified(found, has_goals=not quick), *_direct(found), *_labels(found)]


def _seed(folder: Path, size: Size, seed: int) -> Arms:
    """The arms of a seed, which are kept by its size."""
    path = folder / f"amplification-{content_id(asdict(size))}" / f"seed-{seed}.json"
    if path.exists():
        return _ARMS.validate_json(path.read_bytes())
    with tempfile.TemporaryDirectory(prefix="trimtab-amplification-") as state:
        found = arms(Lab(Path(state)), size, seed)
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_suffix(".half")
    half.write_bytes(_ARMS.dump_json(found))
    half.rename(path)
    print(f"seed {seed} done", file=sys.stderr, flush=True)
    return found


def _amplified(found: Sequence[Arms], *, has_goals: bool) -> Iterator[Figure]:
    for numbers in SIZES:
        amplified = [arm.amplified[numbers] for arm in found]
        before = [arm.before[numbers] for arm in found]
        yield mean(f"{numbers} numbers: amplified", amplified)
        yield mean(f"{numbers} numbers: as many votes on the question itself", before)
        name, both = f"{numbers} numbers: amplified less direct", list(zip(amplified, before, strict=True))
        gain = difference(name, both)
        yield above_zero(gain) if has_goals else gain
        yield difference_over_items(name, both)


def _direct(found: Sequence[Arms]) -> Iterator[Figure]:
    solved = by_arm(found)
    for name, by_size in solved.items():
        for numbers, seeds in by_size.items():
            yield mean(f"{numbers} numbers, greedy: {name}", seeds)
    for name, control, numbers in PAIRS:
        both = list(zip(solved[name][numbers], solved[control][numbers], strict=True))
        yield difference(f"{numbers} numbers: {name} less {control}", both)
        yield difference_over_items(f"{numbers} numbers: {name} less {control}", both)


def _labels(found: Sequence[Arms]) -> Iterator[Figure]:
    for numbers in SIZES:
        kept = [arm.kept[numbers] for arm in found]
        asked = sum(len(arm.precision[numbers]) for arm in found)
        yield mean(f"{numbers} numbers: all labels that are gold", [arm.precision[numbers] for arm in found])
        if all(kept):
            yield mean(f"{numbers} numbers: kept labels that are gold", kept)
        yield Figure(
            name=f"{numbers} numbers: share of labels kept", value=sum(map(len, kept)) / asked, unit="share"
        )
