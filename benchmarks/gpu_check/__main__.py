"""Check a machine in ten minutes: python -m benchmarks.gpu_check [--out FOLDER] [--size SIZE] [PART …].

It needs no network: models are random, of real widths. It writes gpu-check.json and gpu-check.md, and exits
with 1 where a part did not pass. On a machine without a CUDA card it runs its smallest size.
"""

import shutil
import sys
import time
from argparse import Namespace, RawDescriptionHelpFormatter
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.gpu_check.machine import this_machine
from benchmarks.gpu_check.page import page
from benchmarks.gpu_check.part import Bench, Report, Result
from benchmarks.gpu_check.parts.table import PARTS
from benchmarks.gpu_check.running import run_parts
from benchmarks.gpu_check.sizes import SIZES, size_for
from datasets_registry.boundary import CommandParser, run_command
from datasets_registry.state import State

MINUTES = 15.0


def main() -> None:
    """Run the parts, write both files, and say where they are."""
    told = _arguments()
    machine = this_machine()
    size = SIZES[told.size] if told.size else size_for(machine)
    out: Path = told.out or State().root / "gpu-check"
    bench = Bench(folder=(out / "work").resolve(), size=size, machine=machine)
    report = check(bench, told.parts, told.minutes)
    if not told.keep:
        shutil.rmtree(bench.folder)
    write(report, out)
    print(f"{out / 'gpu-check.md'}: {'red: ' + ', '.join(report.red) if report.red else 'nothing failed'}")
    sys.exit(bool(report.red))


def check(bench: Bench, chosen: list[str], minutes: float = MINUTES) -> Report:
    """The report of the chosen parts, or of all where none is chosen."""
    shutil.rmtree(bench.folder, ignore_errors=True)
    begun, clock = datetime.now(UTC), time.monotonic()
    first = next(iter(PARTS))
    parts = [part for title, part in PARTS.items() if not chosen or title in {first, *chosen}]
    results = run_parts(bench, parts, 60 * minutes, _say)
    return Report(
        machine=bench.machine,
        size=bench.size,
        begun=begun.isoformat(timespec="seconds"),
        seconds=round(time.monotonic() - clock, 1),
        parts=tuple(results),
    )


def write(report: Report, out: Path) -> None:
    """Write the report as JSON and as a page."""
    out.mkdir(parents=True, exist_ok=True)
    (out / "gpu-check.json").write_text(report.model_dump_json(indent=2), encoding="utf-8")
    (out / "gpu-check.md").write_text(page(report), encoding="utf-8")


def _arguments() -> Namespace:
    parser = CommandParser(description=__doc__, formatter_class=RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"some parts alone: {', '.join(PARTS)}")
    parser.add_argument(
        "--out", type=Path, help="folder of both files; gpu-check in the state folder if not set"
    )
    parser.add_argument("--size", choices=SIZES, help="by the card's memory if not set")
    parser.add_argument("--minutes", type=float, default=MINUTES, help="most of the whole check")
    parser.add_argument("--keep", action="store_true", help="keep models, runs and logs")
    told = parser.parse_args()
    if unknown := sorted(set(told.parts) - PARTS.keys()):
        parser.error(f"no part {unknown[0]!r}: there are {', '.join(PARTS)}")
    return told


def _say(result: Result) -> None:
    why = f": {result.reason}" if result.reason else ""
    print(f"{result.outcome:12} {result.part} ({result.seconds:.0f} s){why}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    run_command(main)
