"""The table of partial rebuilds: what each change of a line of rounds trains and generates again."""

import os
import tempfile
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import dagster as dg
from sqlalchemy import text

from assets.building.inputs import OpenBackend, open_local
from assets.graph import build_graph
from assets.orders.run import build
from assets.plan import plan
from assets.profile.models import GivenModel
from assets.profile.profile import load_profile
from benchmarks.rounds.kills import PROFILE as SCRIPTED
from benchmarks.rounds.kills import reply
from benchmarks.sides.figure import Figure, exactly
from datasets_registry.registry import Registry
from datasets_registry.rows.rounds.prompts import RoundProblem
from datasets_registry.rows.rounds.verdict import Verdict
from datasets_registry.state import State
from datasets_registry.version import Version
from generation.ledger.ledger import Ledger
from generation.request import Backend
from generation.scripted import ScriptedBackend

PROFILE = Path(__file__).with_name("rounds.toml")
# of the profile: answers to the items of evaluation, and samples of a round
ITEMS, DRAWS = 200, 4
SAMPLES = 100 * DRAWS
# assets of a round: problems, samples, selections, policy, leaks, answers, figures, differences, watch,
# verdict, released
ROUND = 11
# its policy, what is behind that and the line's own; leaks are looked for in what it learned, as before
BEHIND = ROUND - 4 + 1
RATE = "changes.3]\ntraining = { learning_rate = 1e-4 }"
# three thousand times the rate ruins any policy
RUINOUS, OTHER = RATE.replace("1e-4", "0.3"), RATE.replace("1e-4", "5e-5")


def structure(quick: bool) -> Iterator[Figure]:
    """Assets worked, models trained and completions made at each step; on scripted replies if ``quick``."""
    with tempfile.TemporaryDirectory() as folder, dg.DagsterInstance.ephemeral() as instance:
        if quick:
            yield from _scripted(Line(Path(folder), instance, SCRIPTED, open_scripted))
        else:
            yield from _table(Line(Path(folder), instance))


def open_scripted(_: Registry, model: Version, __: GivenModel) -> Backend:
    """Scripted replies in the model's name."""
    return ScriptedBackend(reply, model=model.data_version)


def _scripted(line: "Line") -> Iterator[Figure]:
    """One round of 24 problems and 12 items, built twice."""
    line.edit("number = 2", "number = 1")
    line.edit("max_steps = 40", "max_steps = 4")
    yield from line.step("first build of one scripted round", None, 2, 24 * DRAWS + 2 * 12)
    yield from line.step("a scripted round again", 0, 0, 0)


def _table(line: "Line") -> Iterator[Figure]:
    given = len(build_graph(load_profile(str(line.path))).recipes) - 3 * ROUND
    yield from line.step("first build of three rounds", 3 * ROUND + given, 4, 4 * ITEMS + 3 * SAMPLES)
    yield from line.step("again", 0, 0, 0)
    line.edit(RATE, OTHER)
    yield from line.step("a knob of round 3", BEHIND, 1, ITEMS)
    line.edit("number = 3", "number = 5")
    yield from line.step("from 3 to 5 rounds", 2 * ROUND + 1, 2, 2 * ITEMS + 2 * SAMPLES)
    line.edit("number = 5", "number = 2")
    line.edit(f"[rounds.line.{OTHER}", "")
    yield from line.step("from 5 to 2 rounds", 1, 0, 0)
    line.edit("number = 2", "number = 5")
    line.edit("[evaluation]", f"[rounds.line.{OTHER}\n\n[evaluation]")
    yield from line.step("from 2 to 5 rounds", 0, 0, 0)
    line.edit(OTHER, RUINOUS)
    # rounds 4 and 5 are recorded without rows
    yield from line.step("round 3 is ruined", BEHIND + 2 * ROUND, 1, ITEMS)
    yield from line.stopped("round 3 is ruined", in_round=3, released=2, last=5)
    line.edit(RUINOUS, RATE)
    # round 3 is as it was first, and 4 and 5 start from it
    yield from line.step("round 3 is mended", 2 * ROUND + 1, 2, 2 * ITEMS + 2 * SAMPLES)
    before = line.asked_first()
    line.edit("asks = { problems = 100 }", "asks = { problems = 100, seed = 1 }")
    yield from line.step("other problems", 5 * ROUND + 1, 5, None)
    # of the problems that round 1 asked before, the samples are found
    again = DRAWS * len(before & line.asked_first())
    yield exactly("other problems: completions made", line.made, 5 * (ITEMS + SAMPLES) - again)


@dataclass(frozen=True)
class Done:
    """All recipes that were worked, the fingerprints of trained models, and the number of completions."""

    recipes: set[tuple[str, str]]
    models: set[str]
    completions: int


@dataclass
class Line:
    """A line of rounds in a state folder of its own."""

    folder: Path
    instance: dg.DagsterInstance
    profile: Path = PROFILE
    opens: OpenBackend = open_local
    made: int = 0

    def __post_init__(self) -> None:
        os.environ["TRIMTAB_HOME"] = str(self.folder / "state")
        self.path = self.folder / "rounds.toml"
        self.path.write_text(self.profile.read_text(encoding="utf-8"), encoding="utf-8")
        self.registry = Registry(State().prepare())
        self.ledger = Ledger(self.registry.state.ledger)

    def edit(self, old: str, new: str) -> None:
        """Edit the profile."""
        text = self.path.read_text(encoding="utf-8")
        assert text.count(old) == 1, old
        self.path.write_text(text.replace(old, new), encoding="utf-8")
        tomllib.loads(text)

    def step(self, name: str, worked: int | None, trained: int, completions: int | None) -> Iterator[Figure]:
        """Build what is stale; what was worked, trained and generated, and that nothing is stale then."""
        before = self.so_far()
        graph = build_graph(load_profile(str(self.path)), self.opens)
        failures = build(graph, self.instance, plan(graph, self.registry))
        yield exactly(f"{name}: assets that failed", len(failures), 0)
        yield from self.since(before, name, worked, trained, completions)
        yield exactly(f"{name}: assets left to build", len(plan(graph, self.registry)), 0)

    def so_far(self) -> Done:
        """What was done so far."""
        return Done(self._recipes(), self._trained(), self._completions())

    def since(
        self, before: Done, name: str, worked: int | None, trained: int, completions: int | None
    ) -> Iterator[Figure]:
        """What was worked, trained and generated since then, each beside what it has to be."""
        now = self.so_far()
        self.made = now.completions - before.completions
        if worked is not None:
            yield exactly(f"{name}: assets worked", len(now.recipes - before.recipes), worked)
        yield exactly(f"{name}: models trained", len(now.models - before.models), trained)
        if completions is not None:
            yield exactly(f"{name}: completions made", self.made, completions)

    def stopped(self, name: str, in_round: int, released: int, last: int) -> Iterator[Figure]:
        """That the ``last`` verdict names the round that stopped, and the policy is that of ``released``."""
        at = f"line/round_{last:02}"
        (verdict,) = self.registry.rows(Verdict, self.registry.passed(f"{at}/verdict"))
        yield exactly(f"{name}: the round that stopped", verdict.stopped_in or 0, in_round)
        yield exactly(f"{name}: the round whose weights are released", verdict.weights_round, released)
        kept = f"line/round_{released:02}/policy" if released else "lab_policy"
        weights = {self.registry.passed(name).data_version for name in ("line/policy", f"{at}/policy", kept)}
        yield exactly(f"{name}: different weights handed on", len(weights), 1)

    def asked_first(self) -> set[str]:
        """The problems that round 1 asks."""
        version = self.registry.passed("line/round_01/round_problems")
        return {row.problem_id for row in self.registry.rows(RoundProblem, version)}

    def _recipes(self) -> set[tuple[str, str]]:
        """All that was ever worked: what is only found again has no new recipe."""
        with self.registry.engine.connect() as connection:
            recipes = connection.execute(text("SELECT DISTINCT name, recipe FROM derivation"))
            return {(str(row.name), str(row.recipe)) for row in recipes}

    def _trained(self) -> set[str]:
        """The fingerprints of all models that were ever made of others."""
        registry = self.registry
        versions = (version for name in registry.names("model") for version in registry.versions(name))
        return {version.data_version for version in versions if registry.derivation(version).inputs}

    def _completions(self) -> int:
        (counted,) = self.ledger.ask("SELECT count(*) AS n FROM completions")
        return int(str(counted["n"]))
