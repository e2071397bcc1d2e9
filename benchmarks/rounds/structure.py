"""The table of partial rebuilds: what each change of a line of rounds trains and generates again."""

import os
import tempfile
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import dagster as dg

from assets.demo.demo import build
from assets.graph import build_graph
from assets.plan import plan
from assets.profile.profile import load_profile
from benchmarks.sides.figure import Figure, exactly
from datasets_registry.inspecting.listing import list_models
from datasets_registry.registry import Registry
from datasets_registry.rows.rounds.verdict import Verdict
from datasets_registry.state import State
from generation.ledger.ledger import Ledger

PROFILE = Path(__file__).with_name("rounds.toml")
# of the profile: answers to the items of evaluation, and samples of a round
ITEMS, SAMPLES = 200, 100 * 4
RATE = "changes.3]\ntraining = { learning_rate = 1e-4 }"
# three thousand times the rate ruins any policy
RUINOUS, OTHER = RATE.replace("1e-4", "0.3"), RATE.replace("1e-4", "5e-5")


def structure(quick: bool) -> Iterator[Figure]:
    """Models trained and completions made at each step; nothing where ``quick``, as it trains for minutes."""
    if quick:
        return
    with tempfile.TemporaryDirectory() as folder, dg.DagsterInstance.ephemeral() as instance:
        line = Line(Path(folder), instance)
        yield from line.step("first build of three rounds", 4, 4 * ITEMS + 3 * SAMPLES)
        yield from line.step("again", 0, 0)
        line.edit(RATE, OTHER)
        yield from line.step("a knob of round 3", 1, ITEMS)
        line.edit("number = 3", "number = 5")
        yield from line.step("from 3 to 5 rounds", 2, 2 * ITEMS + 2 * SAMPLES)
        line.edit("number = 5", "number = 2")
        line.edit(f"[rounds.line.{OTHER}", "")
        yield from line.step("from 5 to 2 rounds", 0, 0)
        line.edit("number = 2", "number = 5")
        line.edit("[evaluation]", f"[rounds.line.{OTHER}\n\n[evaluation]")
        yield from line.step("from 2 to 5 rounds", 0, 0)
        line.edit(OTHER, RUINOUS)
        yield from line.step("round 3 is ruined", 1, ITEMS)
        yield from line.stopped(in_round=3, released=2)
        line.edit(RUINOUS, RATE)
        # round 3 is as it was first, and 4 and 5 start from it
        yield from line.step("round 3 is mended", 2, 2 * ITEMS + 2 * SAMPLES)
        line.edit("asks = { problems = 100 }", "asks = { problems = 100, seed = 1 }")
        # some problems of round 1 were in it before, and their samples are found
        yield from line.step("other problems", 5, None)


@dataclass
class Line:
    """A line of rounds in a state folder of its own."""

    folder: Path
    instance: dg.DagsterInstance

    def __post_init__(self) -> None:
        os.environ["TRIMTAB_HOME"] = str(self.folder / "state")
        self.path = self.folder / "rounds.toml"
        self.path.write_text(PROFILE.read_text(encoding="utf-8"), encoding="utf-8")
        self.registry = Registry(State().prepare())
        self.ledger = Ledger(self.registry.state.ledger)

    def edit(self, old: str, new: str) -> None:
        """Edit the profile."""
        text = self.path.read_text(encoding="utf-8")
        assert text.count(old) == 1, old
        self.path.write_text(text.replace(old, new), encoding="utf-8")
        tomllib.loads(text)

    def step(self, name: str, trained: int, completions: int | None) -> Iterator[Figure]:
        """Build what is stale; what was trained and generated, and that nothing is stale then."""
        models, calls = self._trained(), self._completions()
        graph = build_graph(load_profile(str(self.path)))
        failures = build(graph, self.instance, plan(graph, self.registry))
        yield exactly(f"{name}: assets that failed", len(failures), 0)
        yield exactly(f"{name}: models trained", len(self._trained() - models), trained)
        made = self._completions() - calls
        if completions is not None:
            yield exactly(f"{name}: completions made", made, completions)
        yield exactly(f"{name}: assets left to build", len(plan(graph, self.registry)), 0)

    def stopped(self, in_round: int, released: int) -> Iterator[Figure]:
        """That the last verdict names the round that stopped, and that the policy is that of ``released``."""
        (verdict,) = self.registry.rows(Verdict, self.registry.passed("line/round_05/verdict"))
        yield exactly("a ruined round: the round that stopped", verdict.stopped_in or 0, in_round)
        yield exactly("a ruined round: the round whose weights are released", verdict.weights_round, released)
        weights = {
            self.registry.passed(name).data_version
            for name in ("line/policy", f"line/round_{released:02}/policy", "line/round_05/policy")
        }
        yield exactly("a ruined round: different weights handed on", len(weights), 1)

    def _trained(self) -> set[str]:
        """The fingerprints of all models so far."""
        models = list_models(self.registry)
        return {self.registry.version(model.name, model.version).data_version for model in models}

    def _completions(self) -> int:
        (counted,) = self.ledger.ask("SELECT count(*) AS n FROM completions")
        return int(str(counted["n"]))
