"""Lab solutions whose steps are labelled by several methods, and their truth by arithmetic."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from benchmarks.sides.lab import MATHS, MAX_TOKENS, Lab, full, gold
from benchmarks.sides.reasoning.arithmetic_truth import first_wrong_line
from datasets_registry.hashing import ranked
from datasets_registry.rows.prm import StepLabels
from datasets_registry.rows.rft import GoldSolution
from generation.request import SamplingParams
from methods.prm.labels import label_steps
from methods.prm.rollouts import sample_rollouts
from methods.prm.settings import StepRolloutSettings
from methods.prm.solutions import SolutionSettings, choose_solutions
from methods.problems.families import FamilySettings, ProblemSettings, make_problems
from methods.rft.stopping import StoppingRule
from methods.verifiers.verifier import verifier

SEED = 1
ROLLOUTS = SamplingParams(temperature=1.0, max_tokens=MAX_TOKENS)
# any success makes a step right, as in Math-Shepherd, but for the default and where it is said
_ANY = StepRolloutSettings(
    threshold=0.0, early_stop="first_success", search_rollouts=8, confirm=0, rollouts=ROLLOUTS
)


def _any(**fields: object) -> StepRolloutSettings:
    return StepRolloutSettings.model_validate(_ANY.model_dump() | {"skip_accepted": False} | fields)


METHODS: Mapping[str, StepRolloutSettings] = {
    "exhaustive": _any(method="exhaustive", early_stop="none"),
    "exhaustive, above 0.1": _any(method="exhaustive", early_stop="none", threshold=0.1),
    "exhaustive, first success": _any(method="exhaustive"),
    "linear, first success": _any(method="linear"),
    "bisect, first success": _any(),
    "bisect, first success, confirmed": _any(confirm=8),
    "bisect, confirmed, accepted skipped": _any(confirm=8, skip_accepted=True),
    "default, accepted ones too": StepRolloutSettings(skip_accepted=False, rollouts=ROLLOUTS),
    "default": StepRolloutSettings(rollouts=ROLLOUTS),
}


@dataclass(frozen=True)
class Size:
    """How much of everything."""

    gold: int
    base_steps: int
    problems: int
    samples: int
    solutions: int


@dataclass(frozen=True)
class Labelled:
    """How one method's labels compare with the truth, solution by solution, and what they cost."""

    first_error_right: list[bool]
    labels_right: list[bool]
    known_share: float
    undecided_share: float
    tokens: int


def labelled(lab: Lab, size: Size) -> tuple[dict[str, Labelled], float]:
    """Every method over the same solutions and rollouts, and the completer's pass rate."""
    family = FamilySettings(
        family="sums", train=size.gold + size.problems, evaluation=0, sizes=(5, 6, 7, 8, 9), style="symbols"
    )
    # the default was chosen on seed 0
    problems = make_problems(ProblemSettings(families=(family,), seed=SEED))
    written = {problem.problem_id: problem.steps for problem in problems}
    policy = lab.train(
        lab.given("lab"),
        lab.commit(GoldSolution, gold(problems[: size.gold])),
        full(size.base_steps, seed=SEED),
    )
    drawn = lab.samples(policy, problems[size.gold :], StoppingRule(max_draws=size.samples))
    solutions = choose_solutions(drawn, SolutionSettings(per_problem=2, skip_decided=False))
    chosen = {solution.solution_id: solution for solution in solutions if solution.failure is None}
    kept = [chosen[solution_id] for solution_id in ranked(list(chosen), 0)[: size.solutions]]
    truth = {
        solution.solution_id: first_wrong_line(solution.completions, written[solution.problem_id])
        for solution in kept
    }
    compared = {}
    with lab.completer(policy) as complete:
        for name, settings in METHODS.items():
            model = complete.backend.fingerprint
            rollouts = list(sample_rollouts(kept, complete, model, policy.name, verifier(MATHS), settings))
            compared[name] = _compared(label_steps(kept, rollouts, policy.name, settings), truth)
    return compared, sum(bool(sample.accepted) for sample in drawn) / max(len(drawn), 1)


def _compared(rows: Sequence[StepLabels], truth: Mapping[str, int]) -> Labelled:
    known, steps = list[bool](), 0
    for row in rows:
        wrong = truth[row.solution_id]
        for place, (measured, implied) in enumerate(zip(row.labels, row.implied, strict=True), start=1):
            steps += 1
            label = implied if measured is None else measured
            if label is not None:
                known.append(label == (not wrong or place < wrong))
    return Labelled(
        first_error_right=[row.first_error == truth[row.solution_id] for row in rows],
        labels_right=known,
        known_share=len(known) / max(steps, 1),
        undecided_share=sum(row.first_error is None for row in rows) / max(len(rows), 1),
        tokens=sum(row.num_tokens for row in rows),
    )
