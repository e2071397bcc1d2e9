"""Debate before weaker judges against every other protocol, on a lab.

Two worked solutions of one lab policy, a right and a wrong one, are judged by policies that were trained for
fewer steps: by themselves, on one solution, on both, by their own answers at as many tokens, and on the first
step on which they differ. Each seed trains every policy anew.
"""

import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import fmean

from benchmarks.oversight.debated import Debated, Judged, Size, kept
from benchmarks.sides.figure import Figure
from benchmarks.sides.paired import above_zero, over_seeds
from datasets_registry.intervals import mean_interval
from datasets_registry.rows.oversight.debates import Protocol
from methods.oversight.settings import EVERY

SEEDS = 5
FULL = Size(gold=2_000, problems=600, debater_steps=600, judge_steps=300, others=(75, 150))
QUICK = Size(
    gold=64,
    problems=24,
    debater_steps=40,
    judge_steps=20,
    others=(),
    sampled=24,
    greatest=9,
    batch_size=8,
)
# what debate has to beat by an interval above zero
CONTROLS: tuple[Protocol, ...] = ("naive", "consultancy", "self_consistency")


def debates(quick: bool, folder: Path | None) -> Iterator[Figure]:
    """Accuracy by protocol and judge, and debate less its controls, with 95 % intervals.

    Seeds that ``folder`` has are read. Policies of a quick run are hardly trained, so that it has no goals.
    """
    size, seeds = (QUICK, 1) if quick else (FULL, SEEDS)
    with tempfile.TemporaryDirectory(prefix="trimtab-oversight-") as temporary:
        place = folder.resolve() if folder else Path(temporary)
        place.mkdir(parents=True, exist_ok=True)
        results = [_reported(kept(place, size, seed), size) for seed in range(1, seeds + 1)]
    yield from _sizes(results, size)
    yield from _accuracies([result.judges[size.judge_steps] for result in results])
    yield from _differences([result.judges[size.judge_steps] for result in results], has_goals=not quick)
    for steps in sorted({size.judge_steps, *size.others}):
        yield from _gap(steps, results)


def _reported(result: Debated, size: Size) -> Debated:
    judge = result.judges[size.judge_steps]
    shares = ", ".join(f"{name} {judge.accuracy(name):.3f}" for name in EVERY)
    alone = f"debater {result.debater:.3f}, judge {judge.solves:.3f}"
    number = len(judge.credits["debate"])
    print(f"seed {result.seed}, {number} questions: {alone}; {shares}", file=sys.stderr, flush=True)
    return result


def _sizes(results: Sequence[Debated], size: Size) -> Iterator[Figure]:
    numbers = [len(result.judges[size.judge_steps].credits["debate"]) for result in results]
    yield Figure(name="questions of all seeds", value=sum(numbers), unit="count")
    yield Figure(name="questions of the smallest seed", value=min(numbers), unit="count")
    yield over_seeds("debater by itself, sampled", [result.debater for result in results])


def _accuracies(judges: Sequence[Judged]) -> Iterator[Figure]:
    yield over_seeds("judge by itself, sampled", [judge.solves for judge in judges])
    for name in EVERY:
        yield over_seeds(name, [judge.accuracy(name) for judge in judges])
    for name in EVERY:
        tokens = fmean(judge.tokens[name] for judge in judges)
        yield Figure(name=f"{name}: tokens of a row", value=tokens, unit="tokens")
    for name in EVERY:
        yield over_seeds(f"{name}: rows without a verdict", [judge.unjudged[name] for judge in judges])


def _differences(judges: Sequence[Judged], *, has_goals: bool) -> Iterator[Figure]:
    others = [name for name in EVERY if name not in (*CONTROLS, "debate")]
    for control in (*CONTROLS, *others):
        gains = [judge.gains(control) for judge in judges]
        figure = over_seeds(f"debate less {control}", [fmean(gain) for gain in gains])
        yield above_zero(figure) if has_goals and control in CONTROLS else figure
        items = [gain for of_seed in gains for gain in of_seed]
        interval = mean_interval(items)
        yield Figure(
            name=f"debate less {control}, over items", value=fmean(items), unit="share", interval=interval
        )


def _gap(steps: int, results: Sequence[Debated]) -> Iterator[Figure]:
    """How far a judge of so many steps is behind the debater, and what debate is worth to it."""
    judges, name = [result.judges[steps] for result in results], f"judge of {steps} steps"
    behind = [result.debater - judge.solves for result, judge in zip(results, judges, strict=True)]
    yield over_seeds(f"{name}: by itself, sampled", [judge.solves for judge in judges])
    yield over_seeds(f"{name}: behind the debater", behind)
    for protocol in ("naive", "direct", "debate"):
        yield over_seeds(f"{name}: {protocol}", [judge.accuracy(protocol) for judge in judges])
    yield over_seeds(f"{name}: debate less naive", [fmean(judge.gains("naive")) for judge in judges])
