"""Problems of our own: right answers and steps, splits that no problem crosses, the same on every machine."""

import pytest

from datasets_registry.errors import BadInput
from datasets_registry.rows.imported import Problem
from methods.problems.families import FamilySettings, ProblemSettings, make_problems
from methods.problems.gold import GoldSettings, gold_solutions
from methods.rft.equations import equations, wrong_equations

EACH = ProblemSettings(
    families=(
        FamilySettings(family="sums", train=60, evaluation=20, style="symbols"),
        FamilySettings(family="sums", train=30, evaluation=10),
        FamilySettings(family="word_problems", train=60, evaluation=20),
        FamilySettings(family="comparisons", train=30, evaluation=10, sizes=(2, 3)),
    )
)


@pytest.fixture(scope="module")
def problems() -> list[Problem]:
    """Some of every family."""
    return make_problems(EACH)


def test_every_family_gives_what_is_asked(problems: list[Problem]) -> None:
    counts = {(one.family, one.split): 0 for one in problems}
    for one in problems:
        counts[one.family, one.split] += 1
    assert counts == {
        ("symbol_sums", "train"): 60,
        ("symbol_sums", "evaluation"): 20,
        ("sums", "train"): 30,
        ("sums", "evaluation"): 10,
        ("word_problems", "train"): 60,
        ("word_problems", "evaluation"): 20,
        ("comparisons", "train"): 30,
        ("comparisons", "evaluation"): 10,
    }


def test_gold_steps_are_right_and_end_in_the_answer(problems: list[Problem]) -> None:
    for one in problems:
        assert one.solution == "\n".join(one.steps)
        assert one.steps[-1] in (f"A:{one.answer}", f"Answer: {one.answer}")
        assert equations(one.solution) and not wrong_equations(one.solution), one.solution


def test_the_lab_writes_in_its_characters(problems: list[Problem]) -> None:
    lab = [one for one in problems if one.family == "symbol_sums"]
    assert {one.difficulty for one in lab} == {2, 3, 4, 5}
    assert set("".join(f"{one.prompt}{one.solution}" for one in lab)) <= set("0123456789+=?:A\n")


def test_no_group_is_in_both_splits_whatever_the_seed(problems: list[Problem]) -> None:
    other = make_problems(EACH.model_copy(update={"seed": 7}))
    assert {one.problem_id for one in other} != {one.problem_id for one in problems}
    splits: dict[str, set[str]] = {}
    for one in problems + other:
        splits.setdefault(one.split_group, set()).add(one.split)
    assert all(len(one) == 1 for one in splits.values())


def test_the_same_numbers_in_another_order_are_one_group() -> None:
    family = FamilySettings(family="sums", train=40, evaluation=10, greatest=4, sizes=(3,), style="symbols")
    groups: dict[tuple[str, ...], set[str]] = {}
    for one in make_problems(ProblemSettings(families=(family,))):
        groups.setdefault(tuple(sorted(one.prompt.removesuffix("=?").split("+"))), set()).add(one.split_group)
    assert all(len(one) == 1 for one in groups.values())


def test_more_problems_keep_those_there_are(problems: list[Problem]) -> None:
    more = ProblemSettings(families=(EACH.families[0].model_copy(update={"train": 90}),))
    kept = {one.problem_id for one in problems if one.family == "symbol_sums"}
    assert kept <= {one.problem_id for one in make_problems(more)}


def test_a_family_that_is_too_small_says_so() -> None:
    family = FamilySettings(family="sums", train=50, evaluation=5, greatest=3, sizes=(2,))
    with pytest.raises(BadInput, match=r"family sums over 1 to 3 .* ask for fewer, or widen it"):
        make_problems(ProblemSettings(families=(family,)))


def test_gold_solutions_are_drawn_by_content_from_training_problems(problems: list[Problem]) -> None:
    few = gold_solutions(problems, GoldSettings(number=10, families=("symbol_sums",)))
    more = gold_solutions(problems[::-1], GoldSettings(number=20, families=("symbol_sums",)))
    trained = {one.problem_id for one in problems if one.split == "train" and one.family == "symbol_sums"}
    assert {one.problem_id for one in few} < {one.problem_id for one in more} <= trained
    with pytest.raises(BadInput, match="100 gold solutions are wanted and 60"):
        gold_solutions(problems, GoldSettings(number=100, families=("symbol_sums",)))
