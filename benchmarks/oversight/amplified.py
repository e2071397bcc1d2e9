"""One seed of amplification: a lab policy that knows two numbers, amplified to four and to eight."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from benchmarks.sides.lab import Lab, full, gold
from datasets_registry.rows.imported import Problem
from datasets_registry.rows.oversight.amplified import AmplifiedAnswer, AmplifiedLabel
from datasets_registry.rows.rft import GoldSolution
from datasets_registry.version import Version
from generation.request import SamplingParams
from methods.oversight.amplification.answers import answered, grown
from methods.oversight.amplification.growing import by_rules
from methods.oversight.amplification.labels import labels
from methods.oversight.amplification.settings import AmplificationSettings, LabelSettings
from methods.oversight.asked import Asked
from methods.problems.families import FamilySettings, ProblemSettings, make_problems
from training.settings.sft import SftSettings

KNOWN, SIZES = 2, (4, 8)
# a lower rate goes on from where a policy stands
CONTINUED = 1e-3
# of all tokens, so that two numbers are not forgotten
REPLAYED = 0.5
KEPT = LabelSettings()
# rows of a step
BATCH = 32


@dataclass(frozen=True)
class Size:
    """How much of everything; ``problems`` and ``held_out`` are those of each size."""

    gold: int
    problems: int
    held_out: int
    base_steps: int
    round_steps: int
    votes: int = 3


@dataclass
class Arms:
    """Which held-out problems each arm solves, by size; and which labels are gold, all and kept."""

    direct: dict[str, dict[int, list[bool]]] = field(default_factory=dict)
    amplified: dict[int, list[bool]] = field(default_factory=dict)
    before: dict[int, list[bool]] = field(default_factory=dict)
    precision: dict[int, list[bool]] = field(default_factory=dict)
    kept: dict[int, list[bool]] = field(default_factory=dict)


def arms(lab: Lab, size: Size, seed: int) -> Arms:
    """Train and measure every arm of one seed."""
    return _Trial(lab, size, seed).arms()


class _Trial:
    def __init__(self, lab: Lab, size: Size, seed: int) -> None:
        self.lab, self.size, self.seed, self.found = lab, size, seed, Arms()
        of_size = {each: _problems(size, each, seed) for each in (KNOWN, *SIZES)}
        self.training = {each: _of(of_size[each], "train") for each in of_size}
        self.held_out = {each: _of(of_size[each], "evaluation") for each in of_size}
        self.gold = lab.commit(GoldSolution, gold(self.training[KNOWN]), "known_solutions")

    def arms(self) -> Arms:
        base = self.lab.train(
            self.lab.given("lab"), self.gold, full(self.size.base_steps, rate=3e-3, seed=self.seed)
        )
        self._measure("base", base)
        rounds = self._rounds(base)
        self._measure("one distillation", rounds[0])
        self._measure("two distillations", rounds[1])
        self._measure("gold of two numbers again, as many steps", self._on(base, self.gold, 1))
        self._measure("gold of two numbers again, twice the steps", self._on(base, self.gold, 2))
        self._measure("own direct answers as labels", self._self_labelled(base))
        problems = self.training[SIZES[0]]
        right = self.lab.commit(GoldSolution, gold(problems), "gold_of_four")
        self._measure("gold of the same problems (ceiling)", self._on(base, right, 1, replays=True))
        return self.found

    def _rounds(self, base: Version) -> list[Version]:
        """Each round amplifies the policy of the one before, and learns the labels of all rounds."""
        policies, pool, policy = [], list[AmplifiedLabel](), base
        for numbers in SIZES:
            measured = [row for row in self._amplify(policy, self.held_out[numbers]) if not row.depth]
            self.found.amplified[numbers] = [bool(row.correct) for row in measured]
            self.found.before[numbers] = [bool(row.direct_correct) for row in measured]
            rows = self._amplify(policy, self.training[numbers])
            kept = list(labels(rows, KEPT))
            self.found.precision[numbers] = [bool(row.correct) for row in rows if not row.depth]
            self.found.kept[numbers] = [bool(label.agrees) for label in kept]
            pool += kept
            dataset = self.lab.commit(AmplifiedLabel, pool, f"labels_to_{numbers}")
            policy = self._on(policy, dataset, 1, replays=True, num_rows=len(pool))
            policies.append(policy)
        return policies

    def _amplify(self, policy: Version, problems: Sequence[Problem]) -> list[AmplifiedAnswer]:
        settings = AmplificationSettings(
            depth=1, votes=self.size.votes, answers=SamplingParams(max_tokens=8), seed=self.seed
        )
        with self.lab.completer(policy) as complete:
            asked = Asked(complete, complete.backend.fingerprint, policy.name)
            return list(answered(grown(problems, by_rules, settings), asked, settings))

    def _self_labelled(self, base: Version) -> Version:
        """What plain self-training learns: the policy's own most frequent answers, with the same filter."""
        rows = [row for row in self._amplify(base, self.training[SIZES[0]]) if not row.depth]
        solved = {problem.problem_id: problem for problem in self.training[SIZES[0]]}
        own = []
        for row in rows:
            votes = [vote.answer for vote in row.direct_votes]
            if row.direct_answer and votes.count(row.direct_answer) >= KEPT.min_share * len(votes):
                (solution,) = gold([solved[row.problem_id]])
                own.append(solution.model_copy(update={"completion": f"A:{row.direct_answer}"}))
        dataset = self.lab.commit(GoldSolution, own, "own_answers")
        return self._on(base, dataset, 1, replays=True, num_rows=len(own))

    def _on(
        self, base: Version, dataset: Version, times: int, *, replays: bool = False, num_rows: int = BATCH
    ) -> Version:
        """Training goes on at a lower rate, with the known task replayed where it would be forgotten.

        Few rows, as a hardly trained policy gives, make a smaller step.
        """
        steps, batch = times * self.size.round_steps, min(BATCH, num_rows)
        settings = full(steps, rate=CONTINUED, batch_size=batch, seed=self.seed)
        if not replays:
            return self.lab.train(base, dataset, settings)
        replaying = SftSettings(**settings.model_dump(), replay_share=REPLAYED)
        return self.lab.train(base, dataset, replaying, replay=str(self.gold))

    def _measure(self, name: str, model: Version) -> None:
        self.found.direct[name] = {
            numbers: self.lab.right(model, problems, 0.0, max_tokens=8)
            for numbers, problems in self.held_out.items()
        }


def _problems(size: Size, numbers: int, seed: int) -> list[Problem]:
    family = FamilySettings(
        family="larger",
        style="symbols",
        sizes=(numbers,),
        greatest=99,
        train=size.gold if numbers == KNOWN else size.problems,
        evaluation=size.held_out,
    )
    return make_problems(ProblemSettings(families=(family,), seed=seed))


def _of(problems: Sequence[Problem], split: str) -> list[Problem]:
    return [problem for problem in problems if problem.split == split]


def by_arm(found: Sequence[Arms]) -> Mapping[str, Mapping[int, Sequence[Sequence[bool]]]]:
    """Which problems each arm solves, by arm and size, a list for each seed."""
    return {
        name: {numbers: [arm.direct[name][numbers] for arm in found] for numbers in found[0].direct[name]}
        for name in found[0].direct
    }
