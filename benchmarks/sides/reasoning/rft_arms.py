"""One seed of rejection sampling and its controls on lab policies."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from benchmarks.sides.lab import Lab, full, gold
from datasets_registry.rows.imported import Problem
from datasets_registry.rows.rft import Candidate, GoldSolution, RftSelection
from datasets_registry.version import Version
from methods.problems.families import FamilySettings, ProblemSettings, make_problems
from methods.reading.equations import wrong_equations
from methods.rft.selections import SelectionSettings, select
from methods.rft.stopping import StoppingRule

CONTINUED = 1e-3
ROUNDS = 3


@dataclass(frozen=True)
class Size:
    """How much of everything."""

    gold: int
    problems: int
    held_out: int
    base_steps: int
    round_steps: int
    samples: int


@dataclass
class Arms:
    """Which held-out problems each arm solves, by way of decoding and name of the arm."""

    right: dict[str, dict[str, list[bool]]] = field(default_factory=lambda: {"greedy": {}, "T=1": {}})
    num_selected: int = 0
    wrong_step_share: float = 0.0

    @classmethod
    def of(cls, lab: Lab, size: Size, seed: int) -> "Arms":
        """Train and measure every arm."""
        return _Trial(lab, size, seed).arms()


class _Trial:
    def __init__(self, lab: Lab, size: Size, seed: int) -> None:
        self.lab, self.size, self.seed, self.found = lab, size, seed, Arms()
        family = FamilySettings(
            family="sums",
            train=2 * size.problems + size.gold,
            evaluation=size.held_out,
            sizes=(3,),
            style="symbols",
        )
        problems = make_problems(ProblemSettings(families=(family,), seed=seed))
        training = [problem for problem in problems if problem.split == "train"]
        self.held_out = [problem for problem in problems if problem.split == "evaluation"]
        self.solved, self.unsolved = training[: size.gold], training[size.gold : size.gold + size.problems]
        self.further = training[size.gold :]

    def arms(self) -> Arms:
        base = self._base()
        self._measure("base", base)
        few = self._gold(self.solved)
        rounds = self._rounds(base)
        self._measure("RFT, one round", rounds[0])
        self._measure("RFT, three rounds", rounds[-1])
        self._measure("gold again, as many steps", self._on(base, few))
        self._measure("gold again, thrice the steps", self._on(base, few, ROUNDS))
        many = self._gold([*self.solved, *self.further[: self.found.num_selected]])
        self._measure("as many gold solutions as RFT selected", self._on(base, many))
        return self.found

    def _base(self) -> Version:
        settings = full(self.size.base_steps, seed=self.seed)
        return self.lab.train(self.lab.given("lab"), self._gold(self.solved), settings)

    def _on(self, base: Version, dataset: Version, times: int = 1) -> Version:
        """Training goes on, at a lower rate."""
        return self.lab.train(
            base, dataset, full(times * self.size.round_steps, rate=CONTINUED, seed=self.seed)
        )

    def _rounds(self, policy: Version) -> list[Version]:
        """Each round samples from the policy of the one before, and learns from the samples of all rounds."""
        policies, pool = [], list[Candidate]()
        for number in range(ROUNDS):
            rule = StoppingRule(max_draws=self.size.samples)
            pool += self.lab.samples(policy, self.unsolved, rule, seed=number)
            selected = self._select(pool)
            if number == 0:
                accepted = [row for row in pool if row.accepted]
                wrong = sum(bool(wrong_equations(row.completion)) for row in accepted)
                self.found.wrong_step_share = wrong / max(len(accepted), 1)
                self.found.num_selected = sum(row.kind != "gold" for row in selected)
            policy = self._on(policy, self.lab.commit(RftSelection, selected))
            policies.append(policy)
        return policies

    def _select(self, pool: Sequence[Candidate]) -> list[RftSelection]:
        ordered = sorted(pool, key=lambda sample: sample.problem_id)
        return list(select(ordered, gold(self.solved), SelectionSettings(check_equations=False)))

    def _gold(self, problems: Sequence[Problem]) -> Version:
        return self.lab.commit(GoldSolution, gold(problems))

    def _measure(self, name: str, model: Version) -> None:
        for way, temperature in (("greedy", 0.0), ("T=1", 1.0)):
            self.found.right[way][name] = self.lab.right(model, self.held_out, temperature, seed=99)
