"""Bad inputs of every kind, refused in one sentence: python benchmarks/bad_inputs.py [--json] [--quick]."""

import os
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

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
from datasets_registry.registry import Registry
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


def judged(chosen: Sequence[Case], state: Path) -> Iterator[tuple[Case, Verdict, str]]:
    """Each case with its verdict, and what was said."""
    import_all()
    for case in chosen:
        outcome = in_child(case, state)
        yield case, verdict(case, outcome), outcome.said.strip()


def contents(state: State) -> tuple[int, set[tuple[str, int, int]]]:
    """The number of versions in a state folder, and the files of rows, completions, weights and runs."""
    registry = Registry(state)
    versions = sum(len(registry.versions(name)) for name in registry.names("dataset"))
    folders = (state.objects, state.ledger, state.models, state.runs)
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    return versions, {(str(path), path.stat().st_size, path.stat().st_mtime_ns) for path in files}


def measure(quick: bool) -> Sequence[Figure]:
    """Every bad input in a child, and some in processes of their own."""
    every = list(cases())
    with tempfile.TemporaryDirectory(prefix="trimtab-bad-state-") as name:
        state = State(Path(name)).prepare()
        before = contents(state)
        results = list(judged(every[:: QUICK if quick else 1], state.root))
        timed = every[:: QUICK_TIMED if quick else TIMED]
        outcomes = [(case, in_process(case, state.root)) for case in timed]
        after = contents(state)
    for case, found, said in results:
        if found in FAULTY:
            print(f"{found}: {case.title}: {said[-300:]}", file=sys.stderr)
    refused = [outcome.seconds for case, outcome in outcomes if verdict(case, outcome) == "refused"]
    faulty = sum(verdict(case, outcome) in FAULTY for case, outcome in outcomes)
    return [*_figures(every, results), *_unchanged(before, after), *_times(refused, faulty, quick)]


def _figures(every: Sequence[Case], results: Sequence[tuple[Case, Verdict, str]]) -> Iterator[Figure]:
    yield repeated("bad inputs", [len(every)], "inputs", f">= {LEAST}")
    for area, number in Counter(case.area for case, _, _ in results).items():
        yield Figure(name=f"bad inputs tried: {area}", value=number, unit="inputs")
    found: Counter[str] = Counter(verdict for _, verdict, _ in results)
    for fault in FAULTY:
        yield repeated(fault, [found[fault]], "inputs", "== 0")
    yield Figure(name="extremes taken, each with its reason", value=found["explained"], unit="inputs")
    yield Figure(name="refused in one sentence with value and remedy", value=found["refused"], unit="inputs")


def _unchanged(
    before: tuple[int, set[tuple[str, int, int]]], after: tuple[int, set[tuple[str, int, int]]]
) -> Iterator[Figure]:
    changed = len(before[1] ^ after[1]) + abs(before[0] - after[0])
    yield repeated("files and versions that a refusal left", [changed], "files", "== 0")


def _times(seconds: Sequence[float], faulty: int, quick: bool) -> Iterator[Figure]:
    yield repeated("processes of their own that end otherwise", [faulty], "inputs", "== 0")
    goal = None if quick else "<= 0.5"
    yield repeated("from the start of a process to its refusal", seconds, "seconds", goal)


if __name__ == "__main__":
    run(measure, __doc__)
