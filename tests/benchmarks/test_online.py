"""The online benchmark's base errs at random, its second control knows no answer, and arms are kept."""

import random
from pathlib import Path

import pytest

from benchmarks.online import figures
from benchmarks.sides.training.chance import coin
from benchmarks.sides.training.erring import WRONG_SHARE, erring
from benchmarks.sides.training.online import BASE, Arm, Seed, named, read_seed
from methods.problems.families import FamilySettings, ProblemSettings, make_problems
from methods.verifiers.contract import VerifierSettings
from methods.verifiers.verifier import verifier

SUMS = FamilySettings(family="sums", sizes=(3,), greatest=20, style="symbols", evaluation=0, train=400)
GRPO, RATE = named("GRPO", 3e-4), 3e-4


def test_solutions_err_by_a_few_units_and_carry_on() -> None:
    problems = make_problems(ProblemSettings(families=(SUMS,)))
    solutions = erring(problems, 0)
    wrong = []
    for problem, solution in zip(problems, solutions, strict=True):
        *lines, answer = solution.completion.split("\n")
        total = problem.prompt.partition("+")[0]
        for line in lines:
            added, _, result = line.partition("=")
            before, number = added.split("+")
            assert before == total and abs(int(result) - int(before) - int(number)) <= 3
            wrong.append(int(result) != int(before) + int(number))
            total = result
        assert answer == f"A:{total}"
    # 800 steps: four standard errors are 0.065
    assert sum(wrong) / len(wrong) == pytest.approx(WRONG_SHARE, abs=0.065)
    assert erring(problems, 0) == solutions != erring(problems, 1)


def test_a_reward_by_chance_is_of_the_share_and_knows_no_answer() -> None:
    flip, maths = coin(0.3, 0), verifier(VerifierSettings(kind="maths"))
    draw = random.Random(0)
    answers = [draw.choice(("A:2", "A:3")) for _ in range(4_000)]
    found = [(flip(text, "2").accepted, maths(text, "2").accepted) for text in answers]
    for right in (True, False):
        given = [accepted for accepted, is_right in found if is_right is right]
        # 2,000 draws: four standard errors are 0.041
        assert sum(given) / len(given) == pytest.approx(0.3, abs=0.045)


def test_figures_are_of_the_arms_that_are_there(tmp_path: Path) -> None:
    base = Arm(sampled=[True, False, False, False], greedy=[True, True, False, False])
    better = Arm(sampled=[True, True, True, False], greedy=[True, False, False, False], by_part=[0.2, 0.4])
    (tmp_path / "arms.json").write_text(Seed(arms={BASE: base, GRPO: better}).model_dump_json())
    # of the second seed only the base is measured, and of the third nothing
    seeds = [
        read_seed(tmp_path),
        Seed(arms={BASE: better.model_copy(update={"by_part": []})}),
        read_seed(tmp_path / "none"),
    ]
    values = {figure.name: figure.value for figure in figures(seeds, (RATE,))}
    assert (values[f"{BASE}: seeds"], values[f"{GRPO}: seeds"]) == (2, 1)
    assert values[f"{BASE}: solved at T = 1"] == 0.5 and values[f"{GRPO}: solved greedily"] == 0.25
    assert values[f"{GRPO} less base, T = 1"] == 0.5 and values[f"{GRPO} less base, greedy"] == -0.25
    assert values[f"{GRPO}: samples accepted, quarter 2 of the steps"] == 0.4
    assert not any("less RFT" in name for name in values)
