"""One part in a process of its own: python -m benchmarks.gpu_check.child PART FOLDER."""

import json
import sys
from pathlib import Path

from benchmarks.gpu_check.part import Bench
from benchmarks.gpu_check.parts.table import PARTS

BENCH, FIGURES = "bench.json", "figures.json"


def main() -> None:
    """Measure the part, and write its figures where the check reads them."""
    title, folder = sys.argv[1], Path(sys.argv[2])
    bench = Bench.model_validate_json((folder / BENCH).read_text())
    figures = PARTS[title].measure(bench)
    path = folder / "parts" / f"{title}.{FIGURES}"
    path.write_text(json.dumps([figure.model_dump(mode="json") for figure in figures]))


if __name__ == "__main__":
    main()
