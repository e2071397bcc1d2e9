"""Whether verdicts, refusals and intervals are right: python benchmarks/verdicts.py [--json] [--quick].

TRIMTAB_VERDICTS names a folder with any of gsm8k/, svamp/, xstest/ and humaneval/, and TRIMTAB_CASES one with
small inputs and their right answers; what is not there is skipped.
"""

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

# run as a file, this folder would hide the packages beside it
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.sides.figure import Figure, run
from benchmarks.sides.verdicts.cases import cases
from benchmarks.sides.verdicts.coverage import coverage
from benchmarks.sides.verdicts.golds import gsm8k, svamp
from benchmarks.sides.verdicts.grader_attacks import measure as attacks
from benchmarks.sides.verdicts.programs import humaneval
from benchmarks.sides.verdicts.refusals import refusals

DATA, CASES = "TRIMTAB_VERDICTS", "TRIMTAB_CASES"
DRAWS, QUICK_DRAWS = 10_000, 200
RESAMPLES, QUICK_RESAMPLES = 2_000, 200
QUICK_TEXTS, QUICK_PROGRAMS = 500, 5


def given(variable: str, path: str, measure: Callable[[Path], Iterator[Figure]]) -> Iterator[Figure]:
    """The figures of a file or folder; one that was not run and says why where it is absent."""
    folder = os.environ.get(variable)
    file = Path(folder or ".") / path
    if folder and file.exists():
        yield from measure(file)
    else:
        reason = f"{file} is absent" if folder else f"{variable} is not set"
        yield Figure(name=f"{path or 'cases'} skipped: {reason}", value=None, unit="")


def measure(quick: bool) -> list[Figure]:
    """All figures; quickly over fewer texts, programs, resamples and draws."""
    texts, programs = (QUICK_TEXTS, QUICK_PROGRAMS) if quick else (None, None)
    resamples = QUICK_RESAMPLES if quick else RESAMPLES
    return [
        *given(DATA, "gsm8k/train.jsonl", lambda file: gsm8k(file, texts)),
        *given(DATA, "svamp/SVAMP.json", lambda file: svamp(file, texts)),
        *given(DATA, "humaneval/HumanEval.jsonl.gz", lambda file: humaneval(file, programs)),
        *given(DATA, "xstest", lambda folder: refusals(folder, resamples)),
        *given(CASES, "", cases),
        *coverage(QUICK_DRAWS if quick else DRAWS),
        *attacks(quick),
    ]


if __name__ == "__main__":
    run(measure, __doc__)
