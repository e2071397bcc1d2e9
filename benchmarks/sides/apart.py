"""The quick form of a benchmark: its parts side by side, each in a process of its own."""

import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from pydantic import TypeAdapter

from benchmarks.sides.figure import Figure
from datasets_registry.state import REPOSITORY

# they wait for servers for half of their time
AT_ONCE = 4


def side_by_side(module: str, parts: Sequence[str]) -> list[Figure]:
    """The figures of the quick form of each part, in the order of ``parts``; exits where one prints none."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        figures = list(pool.map(partial(_figures, module), parts))
    return [figure for some in figures for figure in some]


def _figures(module: str, part: str) -> Sequence[Figure]:
    command = [sys.executable, "-m", module, "--quick", "--json", "--only", part]
    done = subprocess.run(command, cwd=REPOSITORY, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if not done.stdout.startswith("["):
        raise SystemExit(f"{module} --only {part} printed no figures:\n{done.stderr[-4000:]}")
    return TypeAdapter(Sequence[Figure]).validate_json(done.stdout)
