"""Whether rounds that a bad judge labels are stopped: real lines, built as any profile's are.

A line's outcome is kept as soon as it is known, and its assets as they are made: the same folder goes on.
"""

import os
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import fmean

import dagster as dg
from pydantic import TypeAdapter

from assets.graph import build_graph
from assets.orders.run import build
from assets.plan import plan
from assets.profile.profile import load_profile
from benchmarks.rounds.planted import (
    HEALTHY,
    JUDGED,
    LONG,
    PAIRS,
    REFUSING,
    Sizes,
    demonstrate,
    write_profile,
)
from benchmarks.sides.figure import Figure, at_most, exactly
from datasets_registry.errors import BadInput
from datasets_registry.intervals import mean_interval
from datasets_registry.registry import Registry
from datasets_registry.rows.rounds.verdict import Verdict
from datasets_registry.rows.rounds.watch import RoundWatch
from datasets_registry.settings import Frozen
from datasets_registry.state import State
from quality.rounds.capability import CAPABILITY_ALL

SEEDS = 3
VERIFIED = (PAIRS, HEALTHY)
# the round that has to stop a judge, as prototypes were stopped; a coin may as well do no harm
STOPPED_BY: Mapping[str, int] = {LONG: 1, REFUSING: 1}


class Outcome(Frozen):
    """What became of one line: the verdicts of its rounds, and their watches."""

    judge: str
    seed: int
    verdicts: tuple[Verdict, ...]
    watch: tuple[RoundWatch, ...]

    @property
    def last(self) -> Verdict:
        """The verdict that says what is released."""
        return self.verdicts[-1]

    def change(self, number: int) -> RoundWatch | None:
        """All items of capability beside round 0's, where round ``number`` was measured."""
        rows = (row for row in self.watch if (row.round, row.figure) == (number, CAPABILITY_ALL))
        return next(rows, None)


def bad_judges(quick: bool, folder: Path | None) -> Iterator[Figure]:
    """What stopped each judge, and what was released; nothing where ``quick``, as it trains for minutes."""
    if quick:
        return
    with tempfile.TemporaryDirectory(prefix="trimtab-judges-") as temporary:
        kept = folder.resolve() if folder else Path(temporary)
        outcomes = [
            outcome(judge, seed, Sizes(), kept) for seed in range(SEEDS) for judge in (*JUDGED, *VERIFIED)
        ]
    for judge in (*JUDGED, *VERIFIED):
        yield from figures(judge, [each for each in outcomes if each.judge == judge])


def outcome(judge: str, seed: int, sizes: Sizes, folder: Path) -> Outcome:
    """The line of a judge and a seed, built in ``folder`` or read from there.

    Raises BadInput where an asset fails.
    """
    place = folder / f"seed_{seed}"
    path = place / f"{judge}.json"
    if path.is_file():
        return TypeAdapter(Outcome).validate_json(path.read_bytes())
    place.mkdir(parents=True, exist_ok=True)
    os.environ["TRIMTAB_HOME"] = str(place / "state")
    registry = Registry(State().prepare())
    if registry.latest("demonstrations") is None:
        demonstrate(registry, sizes)
    _build(write_profile(judge, seed, sizes, place), registry)
    made = _read(judge, seed, sizes.rounds, registry)
    path.write_text(made.model_dump_json(), encoding="utf-8")
    return made


def _build(profile: Path, registry: Registry) -> None:
    """Build the line and all that it stands on."""
    graph = build_graph(load_profile(str(profile)))
    needed = _ground({recipe.name: recipe.inputs for recipe in graph.recipes})
    with dg.DagsterInstance.ephemeral() as instance:
        steps = [step for step in plan(graph, registry) if step.name in needed]
        if failures := build(graph, instance, steps):
            raise BadInput(f"{profile}: {failures[0]}")


def _ground(inputs: Mapping[str, Sequence[str]]) -> set[str]:
    """The names of the line's assets and of all that they stand on."""
    waiting, names = [name for name in inputs if name.startswith("line/")], set[str]()
    while waiting:
        name = waiting.pop()
        if name in inputs and name not in names:
            names.add(name)
            waiting += inputs[name]
    return names


def _read(judge: str, seed: int, rounds: int, registry: Registry) -> Outcome:
    places = [f"line/round_{number:02}/" for number in range(1, rounds + 1)]
    verdicts = [registry.rows(Verdict, registry.passed(f"{place}verdict"))[0] for place in places]
    watch = [
        row for place in places for row in registry.rows(RoundWatch, registry.passed(f"{place}round_watch"))
    ]
    return Outcome(judge=judge, seed=seed, verdicts=tuple(verdicts), watch=tuple(watch))


def figures(judge: str, lines: Sequence[Outcome]) -> Iterator[Figure]:
    """When and by which verdict the lines of a judge were stopped, and what they released."""
    stopped = [line.last.stopped_in for line in lines if line.last.stopped_in is not None]
    if judge in STOPPED_BY:
        # a line that goes on is stopped after its last round at the earliest
        latest = max(line.last.stopped_in or len(line.verdicts) + 1 for line in lines)
        yield at_most(
            f"{judge}: round that stops it, the latest of {len(lines)}", latest, "round", STOPPED_BY[judge]
        )
    elif judge == HEALTHY:
        yield exactly(f"{judge}: lines of {len(lines)} that are stopped", len(stopped), 0)
    else:
        yield Figure(
            name=f"{judge}: lines of {len(lines)} that are stopped", value=len(stopped), unit="count"
        )
    for verdict, count in sorted(Counter(line.last.verdict for line in lines).items()):
        yield Figure(name=f"{judge}: lines that end with {verdict}", value=count, unit="count")
    yield _released(judge, lines)
    if held_back := [change.change or 0.0 for line in lines if (change := _held_back(line))]:
        name = f"{judge}: the policy that was stopped less round 0"
        yield Figure(name=name, value=fmean(held_back), unit="share", interval=mean_interval(held_back))


def _released(judge: str, lines: Sequence[Outcome]) -> Figure:
    """What was released beside round 0; no worse where the interval of no line lies below zero."""
    changes = [line.change(line.last.weights_round) for line in lines]
    values = [change.change or 0.0 if change else 0.0 for change in changes]
    worse = [change for change in changes if change and change.high is not None and change.high < 0]
    return Figure(
        name=f"{judge}: the released policy less round 0",
        value=fmean(values),
        unit="share",
        interval=mean_interval(values) if len(set(values)) > 1 else None,
        goal="no line's interval below 0",
        holds=not worse,
    )


def _held_back(line: Outcome) -> RoundWatch | None:
    return line.change(line.last.stopped_in) if line.last.stopped_in else None
