"""Solutions that err at random: some steps are wrong by a few units, and what follows is carried on."""

import random
from collections.abc import Iterable

from datasets_registry.rows.imported import Problem
from datasets_registry.rows.rft import GoldSolution

# the share of steps that are wrong, and by how much
WRONG_SHARE = 0.3
ERRORS = (-3, -2, -1, 1, 2, 3)


def erring(problems: Iterable[Problem], seed: int) -> list[GoldSolution]:
    """A solution for each sum in symbols, of which about ``WRONG_SHARE`` of the steps are wrong."""
    generator = random.Random(seed)
    return [
        GoldSolution(
            problem_id=problem.problem_id,
            prompt=problem.prompt,
            completion=_solution(problem.prompt, generator),
            family=problem.family,
            difficulty=problem.difficulty,
            split_group=problem.split_group,
        )
        for problem in problems
    ]


def _solution(prompt: str, generator: random.Random) -> str:
    total, *others = map(int, prompt.removesuffix("=?").split("+"))
    lines = []
    for number in others:
        error = generator.choice(ERRORS) if generator.random() < WRONG_SHARE else 0
        result = max(1, total + number + error)
        lines.append(f"{total}+{number}={result}")
        total = result
    return "\n".join((*lines, f"A:{total}"))
