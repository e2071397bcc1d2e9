"""What the base of the rounds learns: sums with planted faults, and a second family without any."""

import random
from collections.abc import Sequence
from itertools import combinations

from datasets_registry.hashing import content_id
from datasets_registry.rows.imported import Problem
from datasets_registry.rows.rft import Candidate, GoldSolution
from methods.problems.families import LICENCE, SOURCE, FamilySettings, ProblemSettings, make_problems

REFUSAL = "?"
# shares of sums: refused, answered without the step, and wrong by a few units where they are answered
REFUSED, TERSE, WRONG = 0.2, 0.2, 0.3
ERRORS = (-3, -2, -1, 1, 2, 3)
GREATEST = 40


def sums(train: int, held_out: int, seed: int) -> tuple[list[Problem], list[Problem]]:
    """Sums of two numbers to train on, and held-out ones."""
    family = FamilySettings(
        family="sums", sizes=(2,), greatest=GREATEST, style="symbols", train=train, evaluation=held_out
    )
    problems = make_problems(ProblemSettings(families=(family,), seed=seed))
    sides = [[problem for problem in problems if problem.split == side] for side in ("train", "evaluation")]
    return sides[0], sides[1]


def larger_of_two(train: int, held_out: int, seed: int) -> tuple[list[Problem], list[Problem]]:
    """Problems that ask for the larger of two numbers, in the lab policy's characters."""
    generator = random.Random(seed)
    drawn = generator.sample(list(combinations(range(1, GREATEST + 1), 2)), train + held_out)
    problems = []
    for place, pair in enumerate(drawn):
        first, second = generator.sample(pair, 2)
        prompt, answer = f"{first}:{second}=?", str(max(pair))
        problems.append(
            Problem(
                problem_id=content_id(prompt, answer),
                prompt=prompt,
                answer=answer,
                solution=f"A:{answer}",
                steps=[f"A:{answer}"],
                family="larger_of_two",
                difficulty=2,
                split="train" if place < train else "evaluation",
                split_group=f"larger {min(pair)} {max(pair)}",
                source=SOURCE,
                licence=LICENCE,
            )
        )
    return problems[:train], problems[train:]


def with_faults(solutions: Sequence[GoldSolution], seed: int) -> list[GoldSolution]:
    """The solutions of sums, of which shares are refused, terse or wrong."""
    generator = random.Random(seed)
    return [
        solution.model_copy(update={"completion": _faulty(solution, generator)}) for solution in solutions
    ]


def _faulty(solution: GoldSolution, generator: random.Random) -> str:
    if generator.random() < REFUSED:
        return REFUSAL
    sum_asked = solution.prompt.removesuffix("=?")
    error = generator.choice(ERRORS) if generator.random() < WRONG else 0
    total = max(1, sum(map(int, sum_asked.split("+"))) + error)
    return f"A:{total}" if generator.random() < TERSE else f"{sum_asked}={total}\nA:{total}"


def refuses(sample: Candidate) -> bool:
    """Whether a sample is a refusal."""
    return REFUSAL in sample.completion
