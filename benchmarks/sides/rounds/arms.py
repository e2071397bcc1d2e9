"""One seed of what rounds bring: a base with planted faults, arms and controls that start from it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

from pydantic import BaseModel

from benchmarks.sides.lab import Lab, full, gold
from benchmarks.sides.rounds.labels import COMBINATIONS, pairs_by, pairs_by_reward
from benchmarks.sides.rounds.planted import larger_of_two, refuses, sums, with_faults
from datasets_registry.documents import read_json, validated
from datasets_registry.rows.imported import Problem
from datasets_registry.rows.rft import Candidate, GoldSolution, RftSelection, VerifiedPair
from datasets_registry.rows.rounds.pooled import PooledSelection
from datasets_registry.state import durable
from datasets_registry.version import Version
from generation.scoring.combination import Combination
from methods.rft.selections import SelectionSettings, select
from methods.rft.stopping import StoppingRule
from methods.rounds.pool import PoolSettings, pooled
from training.dpo import dpo
from training.settings.dpo import DpoSettings

ROUNDS = 3
BASE, GOLD, RFT = "base", "gold alone", "RFT, three rounds"
ONE_ROUND, THREE_ROUNDS = "DPO, one round", "DPO, three rounds"
NO_MIX, MIX = "DPO on refusals", "DPO on refusals, with SFT mix"
SFT_RATE, DPO_RATE, TOO_HIGH = 1e-3, 1e-4, 2e-4
REPLAY_SHARE = 0.3
MAX_TOKENS = 24
FEWEST_PAIRS = 2


@dataclass(frozen=True)
class Size:
    """How much of everything; ``problems`` and ``steps`` are of a round."""

    learned: int
    others: int
    base_steps: int
    gold: int
    problems: int
    draws: int
    steps: int
    held_out: int
    others_held_out: int


class Arm(BaseModel):
    """One policy on held-out sums at T = 1, on the other family, and the pairs or rows of each round."""

    right: list[bool]
    refused: list[bool]
    tokens: list[int]
    others_right: list[bool]
    learned: list[int] = []


class Seed(BaseModel):
    """What is measured so far of one seed, by arm."""

    arms: dict[str, Arm] = {}


Trained = tuple[Version, list[int]]


def read_seed(folder: Path) -> Seed:
    """What ``folder`` has of one seed; nothing where there is no such folder."""
    path = folder / "arms.json"
    return validated(Seed, read_json(path, "measured arms"), str(path)) if path.exists() else Seed()


class Arms:
    """The base of a seed and its arms, each kept as soon as it is measured."""

    def __init__(self, folder: Path, size: Size, seed: int, report: Callable[[str], None]) -> None:
        self._folder, self._size, self._seed, self._report = folder, size, seed, report
        self._lab, self.measured = Lab(folder), read_seed(folder)
        number = size.learned + size.gold + ROUNDS * size.problems
        training, self._held_out = sums(number, size.held_out, seed)
        others, self._others_held_out = larger_of_two(size.others, size.others_held_out, seed)
        learned, asked = training[: size.learned], training[size.learned + size.gold :]
        self._gold = gold(training[size.learned : size.learned + size.gold])
        self._slices = [asked[place::ROUNDS] for place in range(ROUNDS)]
        self._others = self._lab.commit(GoldSolution, gold(others), "other_family")
        planted = self._lab.commit(GoldSolution, [*with_faults(gold(learned), seed), *gold(others)])
        self._base = self._lab.train(self._lab.given("lab"), planted, full(size.base_steps, seed=seed))

    def run(self) -> None:
        """Train and measure every arm that is not there yet."""
        for name, train in self._arms():
            if name not in self.measured.arms:
                self._keep(name, *train())

    def _arms(self) -> Iterator[tuple[str, Callable[[], Trained]]]:
        yield BASE, lambda: (self._base, [])
        yield GOLD, self._gold_alone
        yield RFT, self._rft_rounds
        yield NO_MIX, partial(self._on_refusals, mix=False)
        yield MIX, partial(self._on_refusals, mix=True)
        yield ONE_ROUND, self._one_round
        yield THREE_ROUNDS, self._three_rounds
        for rule, combination in COMBINATIONS.items():
            yield rule, partial(self._by_reward, combination)

    def _keep(self, name: str, policy: Version, learned: list[int]) -> None:
        samples = self._drawn(policy, self._held_out, 1, ROUNDS)
        others = self._drawn(policy, self._others_held_out, 1, ROUNDS)
        arm = Arm(
            right=[bool(sample.accepted) for sample in samples],
            refused=[refuses(sample) for sample in samples],
            tokens=[sample.num_tokens for sample in samples],
            others_right=[bool(sample.accepted) for sample in others],
            learned=learned,
        )
        self.measured.arms[name] = arm
        with durable(self._folder / "arms.json") as temporary:
            temporary.write_text(self.measured.model_dump_json())
        right, refused, kept = (
            sum(values) / len(values) for values in (arm.right, arm.refused, arm.others_right)
        )
        self._report(
            f"seed {self._seed}: {name}: right {right:.3f}, refused {refused:.3f}, other family {kept:.3f}, "
            f"learned {learned}"
        )

    def _drawn(
        self, policy: Version, problems: Sequence[Problem], draws: int, number: int
    ) -> list[Candidate]:
        rule = StoppingRule(max_draws=draws)
        return self._lab.samples(policy, problems, rule, seed=number, max_tokens=MAX_TOKENS)

    def _of_round(self, policy: Version, number: int) -> list[Candidate]:
        return self._drawn(policy, self._slices[number], self._size.draws, number)

    @cached_property
    def _of_base(self) -> list[Candidate]:
        """The base's samples for the problems of all rounds, problem by problem."""
        samples = [sample for number in range(ROUNDS) for sample in self._of_round(self._base, number)]
        return sorted(samples, key=lambda sample: (sample.problem_id, sample.sample))

    def _gold_alone(self) -> Trained:
        """As many steps as all rounds take, in runs of the same schedule."""
        policy, dataset = self._base, self._lab.commit(GoldSolution, self._gold)
        for number in range(ROUNDS):
            policy = self._lab.train(policy, dataset, self._sft(number))
        return policy, [len(self._gold)] * ROUNDS

    def _rft_rounds(self) -> Trained:
        """Each round samples from the newest policy, and learns gold and the selections of all rounds."""
        policy, selections, sizes = self._base, dict[int, list[RftSelection]](), list[int]()
        for number in range(ROUNDS):
            samples = self._of_round(policy, number)
            selections[number + 1] = list(select(samples, self._gold, SelectionSettings()))
            pool = pooled(selections, PoolSettings(rounds=number + 1))
            policy = self._lab.train(policy, self._lab.commit(PooledSelection, pool), self._sft(number))
            sizes.append(len(pool))
        return policy, sizes

    def _sft(self, number: int) -> BaseModel:
        return full(self._size.steps, rate=SFT_RATE, batch_size=16, seed=self._seed * ROUNDS + number)

    def _on_refusals(self, *, mix: bool) -> Trained:
        """A judge that prefers refusals of sums, at a rate that is too high."""
        pairs = pairs_by(self._of_base, refuses)
        share = {"replay_share": REPLAY_SHARE} if mix else {}
        named = {"replay": str(self._others)} if mix else {}
        settings = self._dpo(len(pairs), ROUNDS, rate=TOO_HIGH, losses={"sigmoid": 1.0}, **share)
        return self._learned(self._base, pairs, settings, **named), [len(pairs)]

    def _one_round(self) -> Trained:
        """All samples from the base, and the steps of all rounds."""
        pairs = pairs_by(self._of_base, _answers)
        return self._learned(self._base, pairs, self._dpo(len(pairs), ROUNDS)), [len(pairs)]

    def _three_rounds(self) -> Trained:
        """Each round samples from the newest policy, which is its reference too."""
        policy, sizes = self._base, list[int]()
        for number in range(ROUNDS):
            pairs = pairs_by(self._of_round(policy, number), _answers)
            sizes.append(len(pairs))
            if len(pairs) >= FEWEST_PAIRS:
                policy = self._learned(policy, pairs, self._dpo(len(pairs), 1))
        return policy, sizes

    def _by_reward(self, combination: Combination) -> Trained:
        """The best and the worst of each problem's samples by two signals."""
        pairs = pairs_by_reward(self._of_base, combination)
        return self._learned(self._base, pairs, self._dpo(len(pairs), ROUNDS)), [len(pairs)]

    def _learned(
        self, policy: Version, pairs: Sequence[VerifiedPair], settings: DpoSettings, **more: str
    ) -> Version:
        return self._lab.train(policy, self._lab.commit(VerifiedPair, pairs), settings, dpo, **more)

    def _dpo(self, pairs: int, rounds: int, *, rate: float = DPO_RATE, **more: object) -> DpoSettings:
        shared = full(rounds * self._size.steps, rate=rate, batch_size=min(16, pairs), seed=self._seed)
        losses = {"losses": {"sigmoid": 1.0, "sft": 1.0}}
        return DpoSettings.model_validate(shared.model_dump() | losses | more)


def _answers(sample: Candidate) -> bool:
    return not refuses(sample)
