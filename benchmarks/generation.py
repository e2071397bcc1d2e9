"""Backends and a cold ledger beside bare engines: python benchmarks/generation.py [--json] [--quick]."""

import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path
from statistics import median

from pydantic import BaseModel, ConfigDict

# run as a file, this folder would hide the package of the same name
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.sides.figure import Figure, run
from benchmarks.sides.generation.loops import Work
from benchmarks.sides.process import Side, Timing, smollm2

FULL = Work(prompts=16, samples=8, tokens=64, tutorial_prompts=4)
QUICK = Work(prompts=3, samples=4, tokens=16, tutorial_prompts=1)
REPEATS = 3


class Goal(BaseModel):
    """A ratio of two sides, repeat by repeat, and its bound: of CPU time at most, of speed at least."""

    model_config = ConfigDict(frozen=True)

    side: str
    beside: str
    cpu: bool
    bound: float

    def figure(self, timings: dict[str, list[Timing]]) -> Figure:
        """The median ratio with the least and the greatest; without a value where a side is missing."""
        ratios = []
        if self.side in timings:
            of = _cpu_per_token if self.cpu else _tokens_per_second
            pairs = zip(timings[self.side], timings[self.beside], strict=True)
            ratios = [of(ours) / of(theirs) for ours, theirs in pairs]
        value = median(ratios) if ratios else None
        kept = None if value is None else value <= self.bound if self.cpu else value >= self.bound
        return Figure(
            name=f"{self.side} with a cold ledger / {self.beside}",
            value=value,
            interval=(min(ratios), max(ratios)) if ratios else None,
            unit=f"ratio of {'CPU-seconds per token' if self.cpu else 'tokens/s'}",
            goal=f"{'<=' if self.cpu else '>='} {self.bound:g}",
            holds=kept,
        )


GOALS = (
    Goal(side="transformers", beside="loop by hand", cpu=True, bound=1.10),
    Goal(side="transformers", beside="tutorial loop", cpu=False, bound=4),
    Goal(side="vllm", beside="straight to vLLM", cpu=True, bound=1.05),
    Goal(side="vllm", beside="tutorial loop", cpu=False, bound=15),
)


def _cpu_per_token(timing: Timing) -> float:
    return timing.cpu_seconds / timing.tokens


def _tokens_per_second(timing: Timing) -> float:
    return timing.tokens / timing.seconds


def measure(quick: bool) -> Sequence[Figure]:
    """The speed of each side, and the goals; --quick leaves out vLLM, whose start takes half a minute."""
    names = ["tutorial loop", "loop by hand", "transformers"]
    if not quick and find_spec("vllm"):
        names += ["straight to vLLM", "vllm"]
    timings = _timings(names, QUICK, 1) if quick else _timings(names, FULL, REPEATS)
    figures = []
    for name, repeats in timings.items():
        figures.append(_spread(name, "tokens/s", _tokens_per_second, repeats))
        figures.append(_spread(name, "CPU-ms/token", lambda timing: 1000 * _cpu_per_token(timing), repeats))
    return figures + [goal.figure(timings) for goal in GOALS]


def _timings(names: Sequence[str], work: Work, repeats: int) -> dict[str, list[Timing]]:
    """Every side in turn, repeat by repeat, each in its own process and idle meanwhile."""
    arguments = [str(smollm2()), work.model_dump_json()]
    timings: dict[str, list[Timing]] = {name: [] for name in names}
    with ExitStack() as stack:
        sides = {name: Side("benchmarks.sides.generation.loops", [name, *arguments]) for name in names}
        for side in sides.values():
            stack.enter_context(side)
        for repeat in range(1, repeats + 1):
            for name, side in sides.items():
                timings[name].append(side.run(repeat))
    return timings


def _spread(name: str, unit: str, of: Callable[[Timing], float], repeats: Sequence[Timing]) -> Figure:
    values = [of(timing) for timing in repeats]
    return Figure(name=name, value=median(values), unit=unit, interval=(min(values), max(values)))


if __name__ == "__main__":
    run(measure, __doc__)
