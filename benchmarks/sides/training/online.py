"""Learning from a verifier on lab problems: online trainers, RFT on as many samples, and controls."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from benchmarks.sides.lab import MATHS, Lab, full, gold
from benchmarks.sides.training.chance import rewarded_by_chance
from benchmarks.sides.training.erring import erring
from datasets_registry.documents import read_json, validated
from datasets_registry.rows.imported import Problem
from datasets_registry.rows.rft import GoldSolution, RftSelection
from datasets_registry.state import durable
from datasets_registry.version import Version
from methods.problems.families import FamilySettings, ProblemSettings, make_problems
from methods.rft.selections import SelectionSettings, select
from methods.rft.stopping import StoppingRule
from training.grpo import grpo
from training.ppo.__main__ import ppo
from training.rloo import rloo
from training.settings.grpo import GrpoSettings
from training.settings.learning import TrainingSettings
from training.settings.online import OnlineSettings
from training.settings.ppo import PpoSettings
from training.settings.rloo import RlooSettings

TRAINERS: dict[str, tuple[Any, type[OnlineSettings]]] = {
    "GRPO": (grpo, GrpoSettings),
    "RLOO": (rloo, RlooSettings),
    "PPO": (ppo, PpoSettings),
}
BASE, GOLD, RFT, CHANCE = "base", "gold again", "RFT", "rewards at random"
PARTS = 4


@dataclass(frozen=True)
class Size:
    """How much of everything; a step samples ``num_draws`` answers for each of ``prompts`` problems.

    The base learns right solutions for ``base_steps`` and erring ones for ``erring_steps``. RFT and its
    control take ``own_steps`` at ``own_rate``, and the online trainers' steps and rates too.
    """

    gold: int
    base_steps: int
    erring_steps: int
    prompts: int
    num_draws: int
    steps: int
    own_steps: int
    held_out: int
    rates: tuple[float, ...] = (3e-4, 1e-4)
    own_rate: float = 1e-3
    own_batch_size: int = 32
    sizes: tuple[int, ...] = (3,)
    max_completion_length: int = 48

    @property
    def batch_size(self) -> int:
        """Samples of a step."""
        return self.prompts * self.num_draws


class Arm(BaseModel):
    """One policy: held-out problems solved at T = 1 and greedily, samples accepted by part of its run."""

    sampled: list[bool]
    greedy: list[bool]
    by_part: list[float] = []
    tokens: float = 0.0


class Seed(BaseModel):
    """What is measured so far of one seed, by arm."""

    arms: dict[str, Arm] = {}


def named(arm: str, rate: float | None = None) -> str:
    """The name of an arm at a rate, or with the steps and the rate that it has by itself."""
    return arm if rate is None else f"{arm} at {rate:.0e}".replace("e-0", "e-")


def read_seed(folder: Path) -> Seed:
    """What ``folder`` has of one seed; nothing where there is no such folder."""
    path = folder / "arms.json"
    return validated(Seed, read_json(path, "measured arms"), str(path)) if path.exists() else Seed()


class Online:
    """One seed: the base policy, what it is trained on, and its arms, each kept as soon as it is measured."""

    def __init__(self, folder: Path, size: Size, seed: int, report: Callable[[str], None]) -> None:
        self._folder, self._size, self._seed, self._report = folder, size, seed, report
        self._lab, self.measured = Lab(folder), read_seed(folder)
        problems = make_problems(ProblemSettings(families=(_family(size),), seed=seed))
        training = [problem for problem in problems if problem.split == "train"]
        self._held_out = [problem for problem in problems if problem.split == "evaluation"]
        learned, self._prompts = training[: size.gold], training[size.gold :]
        right = self._lab.commit(GoldSolution, gold(learned), "right_solutions")
        self._erring = self._lab.commit(GoldSolution, erring(learned, seed), "erring_solutions")
        settled = self._lab.train(self._lab.given("lab"), right, full(size.base_steps, seed=seed))
        self._base = self._lab.train(settled, self._erring, full(size.erring_steps, seed=seed))
        self._problems = self._lab.commit(Problem, self._prompts)

    def run(self) -> None:
        """Train and measure every arm that is not there yet."""
        for name, train in self._arms():
            if name not in self.measured.arms:
                self._keep(name, *train())

    def _arms(self) -> Iterator[tuple[str, Callable[[], tuple[Version, float]]]]:
        size = self._size
        own = full(size.own_steps, rate=size.own_rate, batch_size=size.own_batch_size, seed=self._seed)
        yield BASE, lambda: (self._base, 0.0)
        yield GOLD, partial(self._gold, own)
        yield RFT, partial(self._rft, own)
        for rate in size.rates:
            equal = full(size.steps, rate=rate, batch_size=size.batch_size, seed=self._seed)
            for name in TRAINERS:
                yield named(name, rate), partial(self._online, name, rate)
            yield named(GOLD, rate), partial(self._gold, equal)
            yield named(RFT, rate), partial(self._rft, equal)
            for name in TRAINERS:
                yield named(f"{name}, {CHANCE}", rate), partial(self._online, name, rate, by_chance=True)

    def _keep(self, name: str, policy: Version, tokens: float) -> None:
        right = partial(self._lab.right, policy, self._held_out, seed=self._seed)
        arm = Arm(sampled=right(1.0), greedy=right(0.0), by_part=self._by_part(policy), tokens=tokens)
        self.measured.arms[name] = arm
        with durable(self._folder / "arms.json") as temporary:
            temporary.write_text(self.measured.model_dump_json())
        shares = (sum(solved) / len(solved) for solved in (arm.sampled, arm.greedy))
        self._report(f"seed {self._seed}: {name}: sampled {next(shares):.3f}, greedy {next(shares):.3f}")

    def _gold(self, settings: TrainingSettings) -> tuple[Version, float]:
        """The base, trained on with what it learned last."""
        return self._lab.train(self._base, self._erring, settings), 0.0

    def _rft(self, settings: TrainingSettings) -> tuple[Version, float]:
        """One round of rejection sampling on as many samples for the same problems."""
        rule = StoppingRule(max_draws=self._size.num_draws)
        limit = self._size.max_completion_length
        drawn = self._lab.samples(self._base, self._prompts, rule, seed=self._seed, max_tokens=limit)
        chosen = list(select(drawn, [], SelectionSettings(top_k=4, with_gold=False)))
        # the quick version may have fewer than a step takes
        fewer = settings.model_copy(update={"batch_size": min(settings.batch_size, len(chosen))})
        trained = self._lab.train(self._base, self._lab.commit(RftSelection, chosen), fewer)
        return trained, float(sum(sample.num_tokens for sample in drawn))

    def _online(self, name: str, rate: float, *, by_chance: bool = False) -> tuple[Version, float]:
        trainer, kind = TRAINERS[name]
        if by_chance:
            solved = self.measured.arms[BASE].sampled
            trainer = rewarded_by_chance(trainer, sum(solved) / len(solved), self._seed)
        told = {"verifier": MATHS.model_dump(mode="json", exclude_unset=True)}
        settings = self._settings(kind, rate)
        trained = self._lab.train(self._base, self._problems, settings, trainer, **told)
        lengths = self._curves(trained)["completions/mean_length"]
        return trained, sum(value for _, value in lengths) * self._size.batch_size

    def _settings(self, kind: type[OnlineSettings], rate: float) -> OnlineSettings:
        size = self._size
        shared = full(size.steps, rate=rate, batch_size=size.batch_size, seed=self._seed)
        more = {"num_draws": size.num_draws, "max_completion_length": size.max_completion_length}
        return kind.model_validate(shared.model_dump() | more | {"max_length": 128})

    def _by_part(self, policy: Version) -> list[float]:
        accepted = [value for _, value in self._curves(policy).get("rewards/verifier", ())]
        return _parts(accepted) if accepted else []

    def _curves(self, policy: Version) -> Mapping[str, Sequence[tuple[float, float]]]:
        path = self._lab.registry.folder(policy) / "manifest.json"
        curves: Mapping[str, Sequence[tuple[float, float]]] = json.loads(path.read_text())["curves"]
        return curves


def _family(size: Size) -> FamilySettings:
    return FamilySettings(
        family="sums",
        sizes=size.sizes,
        greatest=20,
        style="symbols",
        evaluation=size.held_out,
        train=size.gold + size.prompts * size.steps,
    )


def _parts(values: Sequence[float]) -> list[float]:
    """The means of as many parts of the run."""
    size = max(1, len(values) // PARTS)
    some = [values[start : start + size] for start in range(0, len(values), size)][:PARTS]
    return [sum(part) / len(part) for part in some]
