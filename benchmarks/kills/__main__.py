"""200 kills of all that writes, each completed: python -m benchmarks.kills [--json] [--quick]."""

import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.kills.lanes import trials_of
from benchmarks.kills.stages import STAGES
from benchmarks.kills.trials import WRONG, Trial
from benchmarks.sides.figure import Figure, exactly, run


def measure(quick: bool) -> Sequence[Figure]:
    """Kill, complete, look; the figures over all trials."""
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="trimtab-kills-") as folder:
        trials = trials_of(Path(folder), quick=quick)
    for trial in trials:
        for kind, sentences in trial.wrong.items():
            print(f"{trial.stage}, {trial.signal}: {kind}: {sentences[0]}", file=sys.stderr)
    wanted = len(STAGES) if quick else sum(stage.kills for stage in STAGES)
    return [*_kills(trials, wanted), *_wrong(trials), *_times(trials, time.monotonic() - begun)]


def _kills(trials: Sequence[Trial], wanted: int) -> Iterator[Figure]:
    """How many kills there were, of each stage and by each signal."""
    killed = [trial for trial in trials if "not killed" not in trial.wrong]
    yield exactly("kills", len(killed), wanted, "kills")
    for title in ("stage", "signal"):
        for name, number in Counter(getattr(trial, title) for trial in killed).items():
            yield Figure(name=f"kills: {name}", value=number, unit="kills")
    beside = sum(trial.beside for trial in killed)
    yield Figure(name="kills beside a second process", value=beside, unit="kills")
    kept = sum(trial.kept for trial in killed if trial.stage == "generation")
    yield Figure(name="completions flushed before a kill", value=kept, unit="completions")


def _wrong(trials: Sequence[Trial]) -> Iterator[Figure]:
    """What must not come of a kill, each of which is none."""
    for kind, what in WRONG.items():
        yield exactly(what, sum(len(trial.wrong.get(kind, ())) for trial in trials), 0)


def _times(trials: Sequence[Trial], seconds: float) -> Iterator[Figure]:
    longest = max((trial.seconds_to_end for trial in trials), default=0.0)
    yield Figure(name="longest time from a signal to the end", value=longest, unit="s")
    yield Figure(name="time of all", value=seconds, unit="s")


if __name__ == "__main__":
    run(measure, __doc__)
