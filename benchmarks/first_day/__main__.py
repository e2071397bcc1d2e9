"""Own data to a trained model, from a clean state: python -m benchmarks.first_day [--quick] [--json].

Own pairs go to a DPO model, and problems as GSM8K writes them to verified candidates, by the commands that
docs/own-data.md shows. With --quick the base is a tiny model.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.first_day.own_data import write_pairs, write_problems
from benchmarks.sides.figure import Figure, at_most, exactly, run
from datasets_registry.state import REPOSITORY
from tests.tiny_model import write_tiny_model

PAIRS, PROBLEMS = 200, 60
SEED = 20261130
MOST_COMMANDS, MOST_LINES, MOST_COMMANDS_OF_PROBLEMS = 4, 12, 3


@dataclass
class Day:
    """A folder with a state of its own, and the commands that were run in it."""

    folder: Path
    chosen: dict[str, str] = field(default_factory=dict)
    commands: list[str] = field(default_factory=list)
    seconds: float = 0

    def run(self, *arguments: str) -> None:
        """Run a command of trimtab, which counts."""
        self.commands.append(" ".join(arguments))
        began = time.perf_counter()
        subprocess.run(self._command(*arguments), env=self._environment, check=True, stdout=sys.stderr)
        self.seconds += time.perf_counter() - began

    def listed(self, *arguments: str) -> list[dict[str, Any]]:
        """What a command prints as JSON; it does not count."""
        asked = self._command(*arguments, "--json")
        printed = subprocess.run(asked, env=self._environment, check=True, capture_output=True)
        rows: list[dict[str, Any]] = json.loads(printed.stdout)
        return rows

    def _command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "assets.cli", *arguments]

    @property
    def _environment(self) -> dict[str, str]:
        home = {"TRIMTAB_HOME": str(self.folder / "state"), "PYTHONPATH": str(REPOSITORY)}
        return os.environ | home | self.chosen


def measure(quick: bool) -> Sequence[Figure]:
    """Commands, lines of the profile and seconds of each way."""
    with tempfile.TemporaryDirectory(prefix="trimtab-first-day-") as name:
        folder = Path(name)
        model = str(write_tiny_model(folder / "model", initializer_range=0.1)) if quick else None
        return [*_pairs(folder / "pairs", model), *_problems(folder / "problems", model)]


def _pairs(folder: Path, model: str | None) -> Iterator[Figure]:
    day, profile = _begun(folder), folder / "pairs.toml"
    write_pairs(folder / "pairs.jsonl", PAIRS, SEED)
    day.run("import", str(folder / "pairs.jsonl"), "--as", "my_pairs", "--licence", "CC0-1.0")
    day.run("init", "pairs", "--out", str(profile))
    lines = len(profile.read_text(encoding="utf-8").splitlines())
    _take(day, profile, model)
    day.run("build")
    (pairs,) = [row for row in day.listed("datasets") if row["name"] == "my_pairs"]
    trained = [row for row in day.listed("models") if row["name"] == "dpo_policy"]
    yield exactly("own pairs: rows imported", pairs["rows"], PAIRS)
    yield exactly("own pairs: trained DPO models", len(trained), 1)
    yield at_most("own pairs: commands", len(day.commands), "commands", MOST_COMMANDS)
    yield at_most("own pairs: lines of the profile, comments among them", lines, "lines", MOST_LINES)
    yield Figure(name="own pairs: from nothing to the model", value=day.seconds, unit="s")


def _problems(folder: Path, model: str | None) -> Iterator[Figure]:
    day, profile = _begun(folder), folder / "problems.toml"
    write_problems(folder / "problems.jsonl", PROBLEMS, SEED)
    day.run("import", str(folder / "problems.jsonl"), "--as", "my_problems", "--licence", "CC0-1.0")
    day.run("init", "problems", "--out", str(profile))
    _take(day, profile, model)
    day.run("build", "candidates")
    (candidates,) = [row for row in day.listed("datasets") if row["name"] == "candidates"]
    yield exactly("problems: candidates, 4 of each of 40 problems", candidates["rows"], 160)
    yield at_most("problems: commands", len(day.commands), "commands", MOST_COMMANDS_OF_PROBLEMS)
    yield Figure(name="problems: from nothing to candidates", value=day.seconds, unit="s")


def _begun(folder: Path) -> Day:
    folder.mkdir()
    return Day(folder)


def _take(day: Day, profile: Path, model: str | None) -> None:
    """Choose the profile, with another base model where one is given."""
    day.chosen["TRIMTAB_PROFILE"] = str(profile)
    if model is not None:
        text = profile.read_text(encoding="utf-8")
        profile.write_text(text.replace("smollm2-135m-instruct", model), encoding="utf-8")
        # a tiny model is quicker on one thread
        day.chosen["OMP_NUM_THREADS"] = "1"


if __name__ == "__main__":
    run(measure, __doc__)
