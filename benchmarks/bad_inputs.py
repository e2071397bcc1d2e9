"""Bad inputs of every kind, refused in one sentence: python benchmarks/bad_inputs.py [--json] [--quick]."""

import os
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

os.environ.setdefault("HF_HUB_OFFLINE", "1")
# run as a file, this folder would hide the package of the same name
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.sides.bad_inputs.arguments import argument_cases, environment_cases
from benchmarks.sides.bad_inputs.case import Case
from benchmarks.sides.bad_inputs.folders import folder_cases
from benchmarks.sides.bad_inputs.profiles import profile_cases
from benchmarks.sides.bad_inputs.run_configs import run_config_cases
from benchmarks.sides.bad_inputs.running import import_all, in_child, in_process
from benchmarks.sides.bad_inputs.texts import constitution_cases, import_cases, prompt_cases
from benchmarks.sides.bad_inputs.verdict import FAULTY, Verdict, verdict
from benchmarks.sides.figure import Figure, repeated, run
from datasets_registry.state import State

# of all inputs, every so many: in children, and in processes of their own
QUICK, TIMED, QUICK_TIMED = 50, 40, 400
LEAST = 400


def cases() -> Iterator[Case]:
    """Every bad input."""
    yield from profile_cases()
    yield from run_config_cases()
    yield from constitution_cases()
    yield from prompt_cases()
    yield from import_cases()
    yield from argument_cases()
    yield from environment_cases()
    yield from folder_cases()


class Judged(NamedTuple):
    """What became of a case: the verdict, what was said, and how many files of the state changed."""

    case: Case
    verdict: Verdict
    said: str
    changed: int


def judged(chosen: Sequence[Case], state: State) -> Iterator[Judged]:
    """What became of each case."""
    import_all()
    before = contents(state)
    for case in chosen:
        outcome = in_child(case, state.root)
        after = contents(state)
        yield Judged(case, verdict(case, outcome), outcome.said.strip(), len(before ^ after))
        before = after


def contents(state: State) -> set[tuple[str, int, int]]:
    """The files of rows, completions, weights and runs in a state folder, of which each version has some."""
    folders = (state.objects, state.ledger, state.models, state.runs)
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    return {(str(path), path.stat().st_size, path.stat().st_mtime_ns) for path in files}


def measure(quick: bool) -> Sequence[Figure]:
    """Every bad input in a child, and some in processes of their own."""
    every = list(cases())
    with tempfile.TemporaryDirectory(prefix="trimtab-bad-state-") as name:
        state = State(Path(name)).prepare()
        results = list(judged(every[:: QUICK if quick else 1], state))
        timed = every[:: QUICK_TIMED if quick else TIMED]
        outcomes = [(case, in_process(case, state.root)) for case in timed]
    for result in results:
        if result.verdict in FAULTY:
            print(f"{result.verdict}: {result.case.title}: {result.said[-300:]}", file=sys.stderr)
    refused = [outcome.seconds for case, outcome in outcomes if verdict(case, outcome) == "refused"]
    faulty = sum(verdict(case, outcome) in FAULTY for case, outcome in outcomes)
    return [*_figures(every, results), *_times(refused, faulty, quick)]


def _figures(every: Sequence[Case], results: Sequence[Judged]) -> Iterator[Figure]:
    yield repeated("bad inputs", [len(every)], "inputs", f">= {LEAST}")
    for area, number in Counter(result.case.area for result in results).items():
        yield Figure(name=f"bad inputs tried: {area}", value=number, unit="inputs")
    found: Counter[str] = Counter(result.verdict for result in results)
    left = sum(result.changed for result in results if result.verdict == "refused")
    for fault in FAULTY:
        yield repeated(fault, [found[fault]], "inputs", "== 0")
    yield repeated("files that a refusal left or changed in the state", [left], "files", "== 0")
    yield Figure(name="extremes taken, each with its reason", value=found["explained"], unit="inputs")
    yield Figure(name="refused in one sentence with value and remedy", value=found["refused"], unit="inputs")


def _times(seconds: Sequence[float], faulty: int, quick: bool) -> Iterator[Figure]:
    yield repeated("processes of their own that end otherwise", [faulty], "inputs", "== 0")
    goal = None if quick else "<= 0.5"
    yield repeated("from the start of a process to its refusal", seconds, "seconds", goal)


if __name__ == "__main__":
    run(measure, __doc__)
