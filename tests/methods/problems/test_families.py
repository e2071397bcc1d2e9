"""Problems of our own: right answers and steps, splits that no problem crosses, the same on every machine."""

import re
from collections.abc import Sequence

import pytest

from datasets_registry.errors import BadInput
from datasets_registry.rows.imported import Problem
from datasets_registry.rows.rft import GoldSolution
from methods.problems.families import FamilySettings, ProblemSettings, make_problems
from methods.problems.gold import GoldSettings, gold_solutions
from methods.reading.equations import equations, wrong_equations

EACH = ProblemSettings(
    families=(
        FamilySettings(family="sums", train=60, evaluation=20, style="symbols"),
        FamilySettings(family="sums", train=30, evaluation=10),
        FamilySettings(family="word_problems", train=60, evaluation=20),
        FamilySettings(family="comparisons", train=30, evaluation=10, sizes=(2, 3)),
        FamilySettings(family="larger", train=30, evaluation=10, sizes=(2, 4, 8), style="symbols"),
        FamilySettings(family="larger", train=30, evaluation=10, sizes=(3,)),
    )
)


@pytest.fixture(scope="module")
def problems() -> list[Problem]:
    """Some of every family."""
    return make_problems(EACH)


def ids(rows: Sequence[Problem | GoldSolution]) -> set[str]:
    """The rows' problems."""
    return {row.problem_id for row in rows}


def test_every_family_gives_what_is_asked(problems: list[Problem]) -> None:
    counts = {(problem.family, problem.split): 0 for problem in problems}
    for problem in problems:
        counts[problem.family, problem.split] += 1
    assert counts == {
        ("symbol_sums", "train"): 60,
        ("symbol_sums", "evaluation"): 20,
        ("sums", "train"): 30,
        ("sums", "evaluation"): 10,
        ("word_problems", "train"): 60,
        ("word_problems", "evaluation"): 20,
        ("comparisons", "train"): 30,
        ("comparisons", "evaluation"): 10,
        ("symbol_larger", "train"): 30,
        ("symbol_larger", "evaluation"): 10,
        ("larger", "train"): 30,
        ("larger", "evaluation"): 10,
    }


def test_gold_steps_are_right_and_end_in_the_answer(problems: list[Problem]) -> None:
    for problem in problems:
        assert problem.solution == "\n".join(problem.steps)
        assert problem.steps[-1] in (f"A:{problem.answer}", f"Answer: {problem.answer}")
        assert bool(equations(problem.solution)) == ("larger" not in (problem.family or ""))
        assert not wrong_equations(problem.solution), problem.solution


def test_the_largest_is_one_of_the_numbers_and_none_is_above_it(problems: list[Problem]) -> None:
    larger = [problem for problem in problems if "larger" in (problem.family or "")]
    assert {problem.difficulty for problem in larger} == {2, 3, 4, 8}
    for problem in larger:
        numbers = list(map(int, re.findall("[0-9]+", problem.prompt)))
        assert len(set(numbers)) == len(numbers) == problem.difficulty
        assert int(problem.answer) == max(numbers)


def test_the_lab_writes_in_its_characters(problems: list[Problem]) -> None:
    lab = [problem for problem in problems if (problem.family or "").startswith("symbol_")]
    assert {problem.difficulty for problem in lab} == {2, 3, 4, 5, 8}
    assert set("".join(f"{problem.prompt}{problem.solution}" for problem in lab)) <= set("0123456789+=?:A\n")


def test_no_group_is_in_both_splits_whatever_the_seed(problems: list[Problem]) -> None:
    other = make_problems(EACH.model_copy(update={"seed": 7}))
    assert ids(other) != ids(problems)
    splits: dict[str, set[str]] = {}
    for problem in problems + other:
        splits.setdefault(problem.split_group, set()).add(problem.split)
    assert all(len(group) == 1 for group in splits.values())


def test_the_same_numbers_in_another_order_are_one_group() -> None:
    family = FamilySettings(family="sums", train=40, evaluation=10, greatest=4, sizes=(3,), style="symbols")
    groups: dict[tuple[str, ...], set[str]] = {}
    for problem in make_problems(ProblemSettings(families=(family,))):
        numbers = tuple(sorted(problem.prompt.removesuffix("=?").split("+")))
        groups.setdefault(numbers, set()).add(problem.split_group)
    assert all(len(several) == 1 for several in groups.values())


def test_more_problems_keep_those_there_are(problems: list[Problem]) -> None:
    more = ProblemSettings(families=(EACH.families[0].model_copy(update={"train": 90}),))
    symbol_sums = [problem for problem in problems if problem.family == "symbol_sums"]
    assert ids(symbol_sums) <= ids(make_problems(more))


def test_a_family_that_is_too_small_says_so() -> None:
    family = FamilySettings(family="sums", train=50, evaluation=5, greatest=3, sizes=(2,))
    with pytest.raises(BadInput, match=r"family sums over 1 to 3 .* ask for fewer, or widen it"):
        make_problems(ProblemSettings(families=(family,)))


def test_gold_solutions_are_drawn_by_content_from_training_problems(problems: list[Problem]) -> None:
    few = gold_solutions(problems, GoldSettings(number=10, families=("symbol_sums",)))
    more = gold_solutions(problems[::-1], GoldSettings(number=20, families=("symbol_sums",)))
    train = [problem for problem in problems if problem.split == "train" and problem.family == "symbol_sums"]
    assert ids(few) < ids(more) <= ids(train)
    threes = gold_solutions(problems, GoldSettings(families=("symbol_sums",), difficulties=(3,)))
    assert len(threes) == 20 and {row.difficulty for row in threes} == {3}
    with pytest.raises(BadInput, match="100 gold solutions are requested, but only 60"):
        gold_solutions(problems, GoldSettings(number=100, families=("symbol_sums",)))
