"""What a live daemon works of a line of rounds after each change, by itself and in order."""

import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg

from assets.building.automation import TAG
from assets.graph import build_graph
from assets.profile.profile import load_profile
from benchmarks.rounds.structure import BEHIND, ITEMS, OTHER, RATE, ROUND, RUINOUS, Line
from benchmarks.sides.figure import Figure, exactly
from benchmarks.sides.training.live_dagster import LiveDagster

REBUILD = '\n[rebuild]\nwhen = "automatic"\nevery_seconds = 5\n'
FIRST, SECOND = "changes.1", "changes.2"


def daemon(quick: bool) -> Iterator[Figure]:
    """Two rounds built by a person, then changed; not run where ``quick``, as a daemon takes minutes."""
    if quick:
        yield Figure(name="a live daemon: assets worked after each change", value=None, unit="count")
        return
    with tempfile.TemporaryDirectory(prefix="trimtab-rounds-") as folder:
        line = Line(Path(folder), dg.DagsterInstance.ephemeral())
        line.edit("number = 3", "number = 2")
        line.edit(f"[rounds.line.{RATE}", f"{_section(FIRST, RATE)}\n{_section(SECOND, RATE)}{REBUILD}")
        watched = Watched(line, Path(folder) / "dagster")
        watched.dagster.start()
        try:
            yield from _changes(watched)
        finally:
            watched.dagster.stop()


def _section(name: str, settings: str) -> str:
    return f"[rounds.line.{settings.replace('changes.3', name)}"


def _changes(watched: "Watched") -> Iterator[Figure]:
    """Each change, whether the daemon asks for anything, and what it works, trains and generates."""
    step, second = watched.step, _section(SECOND, RATE)
    yield from step("before the first build", lambda: None, False, 0, 0, 0)
    yield from step("a person's first build", watched.by_hand, False, None, 3, None)
    knob = watched.edited(second, _section(SECOND, OTHER))
    yield from step("a knob of round 2", knob, True, BEHIND, 1, ITEMS)
    ruin = watched.edited(_section(FIRST, RATE), _section(FIRST, RUINOUS))
    # round 2 is recorded without rows
    yield from step("round 1 is ruined", ruin, True, BEHIND + ROUND, 1, ITEMS)
    yield from watched.line.stopped("a live daemon, round 1 is ruined", in_round=1, released=0, last=2)
    mend = watched.edited(_section(FIRST, RUINOUS), _section(FIRST, RATE))
    yield from step("round 1 is mended", mend, True, 0, 0, 0)
    prompts = watched.edited("asks = { problems = 100 }", "asks = { problems = 100, seed = 1 }")
    yield from step("other problems", prompts, True, 2 * ROUND + 1, 2, None)
    yield from step("from 2 to 3 rounds", watched.edited("number = 2", "number = 3"), False, 0, 0, 0)


@dataclass
class Watched:
    """A line of rounds under a live Dagster."""

    line: Line
    home: Path

    def __post_init__(self) -> None:
        chosen = {"TRIMTAB_HOME": os.environ["TRIMTAB_HOME"], "TRIMTAB_PROFILE": str(self.line.path)}
        self.dagster = LiveDagster(self.home, chosen)

    def edited(self, old: str, new: str) -> Callable[[], None]:
        """Edits the profile and reloads definitions when it is called."""

        def edit() -> None:
            self.line.edit(old, new)
            self.dagster.reload()

        return edit

    def by_hand(self) -> None:
        """Materialize all, as a person does."""
        self.dagster.launch(*self._inputs())

    def step(
        self,
        name: str,
        change: Callable[[], None],
        asks: bool,
        worked: int | None,
        trained: int,
        completions: int | None,
    ) -> Iterator[Figure]:
        """What comes of a change until the daemon finds nothing more to do."""
        runs = {run["runId"] for run in self.dagster.runs()}
        before = self.line.so_far()
        change()
        self.dagster.settle()
        new = [run for run in self.dagster.runs() if run["runId"] not in runs]
        name, asked = f"a live daemon, {name}", sum(map(_is_automatic, new))
        yield exactly(f"{name}: runs of a person", len(new) - asked, int(change == self.by_hand))
        yield exactly(f"{name}: whether the daemon asked for something", int(asked > 0), int(asks))
        yield exactly(f"{name}: runs that failed", sum(run["status"] != "SUCCESS" for run in new), 0)
        out_of_order = sum(self._out_of_order(run["runId"]) for run in new)
        yield exactly(f"{name}: assets begun before their inputs", out_of_order, 0)
        yield from self.line.since(before, name, worked, trained, completions)

    def _inputs(self) -> Mapping[str, tuple[str, ...]]:
        """What each asset of the graph is made from, as the profile stands."""
        recipes = build_graph(load_profile(str(self.line.path))).recipes
        return {recipe.name: tuple(recipe.inputs) for recipe in recipes}

    def _out_of_order(self, run: str) -> int:
        """Assets that a run began before an input that it built as well."""
        events = self.dagster.logs(run)
        begun = [event["stepKey"] for event in events if event["__typename"] == "ExecutionStepStartEvent"]
        place = {step: number for number, step in enumerate(begun)}
        pairs = (
            (_step(name), _step(source)) for name, sources in self._inputs().items() for source in sources
        )
        return sum(place.get(source, -1) > place[name] for name, source in pairs if name in place)


def _step(name: str) -> str:
    """Dagster's own name for the step that makes an asset."""
    return name.replace("/", "__")


def _is_automatic(run: Mapping[str, Any]) -> bool:
    return any(tag["key"] == TAG for tag in run["tags"])
