"""Slices of rounds: disjoint, kept where rounds are added, hardly moved by new prompts, of training alone."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets_registry.errors import BadInput
from datasets_registry.rows.imported import Problem
from datasets_registry.rows.prompts import HelpfulPrompt, RedTeamPrompt
from datasets_registry.rows.rounds.prompts import RoundProblem, RoundPrompt
from datasets_registry.rows.row import Row
from methods.rounds.problems import ROUND_PROBLEMS, RoundProblemSettings
from methods.rounds.prompts import ROUND_PROMPTS, RoundPromptSettings
from methods.rounds.selection import RedTeamSelection
from tests.methods.graphless import MemoryInputs, rows_of
from tests.rows import make

RED_TEAM = [make(RedTeamPrompt, f"r{number}") for number in range(60)]
HELPFUL = [make(HelpfulPrompt, f"h{number}") for number in range(60)]
PROBLEMS = [make(Problem, f"m{number}", family="sums") for number in range(60)]


def prompts(number: int, rows: Sequence[Row] = RED_TEAM, **settings: Any) -> list[RoundPrompt]:
    """The prompts of a round of 10 and 5."""
    how = {"round": number, "red_team": 10, "helpful": 5} | settings
    inputs = MemoryInputs({"red_team_prompts": rows, "helpful_prompts": HELPFUL})
    return rows_of(ROUND_PROMPTS, RoundPromptSettings.model_validate(how), inputs)


def problems(number: int, every: Sequence[Row] = PROBLEMS, **settings: Any) -> list[RoundProblem]:
    """The problems of a round of 10."""
    how = {"round": number, "problems": 10} | settings
    return rows_of(
        ROUND_PROBLEMS, RoundProblemSettings.model_validate(how), MemoryInputs({"problems": every})
    )


def ids(rows: Sequence[RoundPrompt | RoundProblem]) -> set[str]:
    """The ids of rows."""
    return {row.prompt_id if isinstance(row, RoundPrompt) else row.problem_id for row in rows}


@pytest.mark.parametrize("of_round", [prompts, problems])
def test_slices_are_disjoint_and_a_further_round_moves_none(of_round: Any) -> None:
    three = [ids(of_round(number)) for number in (1, 2, 3)]
    assert len(set[str]().union(*three)) == sum(map(len, three)), "a prompt is in two slices"
    fourth = ids(of_round(4))
    assert fourth and not fourth & set[str]().union(*three)
    assert [ids(of_round(number)) for number in (1, 2, 3)] == three


@pytest.mark.parametrize("of_round", [prompts, problems])
def test_the_same_set_is_asked_every_round_and_more_keep_it(of_round: Any) -> None:
    first = ids(of_round(1, prompts="same"))
    assert ids(of_round(2, prompts="same")) == first != ids(of_round(1, prompts="same", seed=1))


@given(st.integers(0, 1_000))
def test_a_prompt_that_is_added_moves_at_most_one_over_each_border(added: int) -> None:
    more = [*RED_TEAM, make(RedTeamPrompt, f"new {added}")]
    for number in (1, 2, 3):
        before, after = ids(prompts(number)), ids(prompts(number, more))
        assert len(before - after) <= 1 and len(after - before) <= 1


def test_a_round_asks_problems_of_the_difficulties_that_are_named() -> None:
    larger = [make(Problem, f"l{number}", family="larger", difficulty=4) for number in range(12)]
    assert ids(problems(1, [*PROBLEMS, *larger], difficulties=(4,))) < {row.problem_id for row in larger}
    with pytest.raises(BadInput, match=r"all families of difficulties \[8\]: round 1 needs 10"):
        problems(1, [*PROBLEMS, *larger], difficulties=(8,))


def test_each_row_says_its_round_kind_and_origin() -> None:
    rows = prompts(2)
    assert {(row.round, row.kind, row.origin) for row in rows} == {
        (2, "red_team", "slice"),
        (2, "helpful", "slice"),
    }
    assert [sum(row.kind == kind for row in rows) for kind in ("red_team", "helpful")] == [10, 5]
    assert {row.origin for row in prompts(2, prompts="same")} == {"same"}
    assert {row.round for row in problems(3)} == {3}


def test_a_number_of_none_takes_all_and_of_0_leaves_a_kind_out() -> None:
    every = prompts(3, prompts="same", red_team=None, helpful=0)
    assert ids(every) == {row.prompt_id for row in RED_TEAM}


def test_prompts_of_one_group_stand_in_one_slice_where_it_has_room() -> None:
    twins = [make(RedTeamPrompt, f"r{number}", split_group=f"g{number // 2}") for number in range(60)]
    of_round = [
        {row.split_group for row in prompts(number, twins, helpful=0)} for number in (1, 2, 3, 4, 5, 6)
    ]
    assert sum(map(len, of_round)) == len(set[str]().union(*of_round)), "a group is torn apart"


def test_prompts_that_are_never_fed_are_in_no_slice_with_their_groups() -> None:
    twins = [make(RedTeamPrompt, f"r{number}", split_group=f"g{number // 2}") for number in range(60)]
    how = {"selection": RedTeamSelection(never_fed=9), "red_team": None, "prompts": "same"}
    asked = prompts(1, twins, helpful=0, **how)
    # nine prompts are five groups of two
    assert len(asked) == 50
    assert not {row.split_group for row in asked} & {
        row.split_group for row in twins if row.prompt_id not in ids(asked)
    }


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (lambda: prompts(7), "round 7 needs 70 of them, 10 a round, and there are 60: lower the number"),
        (lambda: problems(7), "problems of all families: round 7 needs 70 of them"),
        (lambda: problems(1, families=("words",)), "problems of words: .*there are 0: lower the number"),
        (lambda: problems(1, problems=None), "fresh slices need a number of them a round: name it, or set"),
        (
            lambda: prompts(1, [make(RedTeamPrompt, "e", split="evaluation")]),
            "red_team prompts of rounds: all 1 are held out for evaluation, and rounds never ask what",
        ),
        (
            lambda: problems(1, [make(Problem, "e", split="evaluation")]),
            "problems of rounds: all 1 are held out for evaluation",
        ),
        (
            lambda: prompts(1, [*RED_TEAM, make(RedTeamPrompt, "e", split="evaluation", split_group="h3")]),
            "group h3 of 'prompt h3' is held out for evaluation too",
        ),
        (
            lambda: prompts(1, selection=RedTeamSelection(never_fed=60)),
            "never_fed = 60 takes all 60 red_team training prompts, and leaves none to ask: lower it",
        ),
    ],
)
def test_what_rounds_cannot_ask_is_refused(fault: Any, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        fault()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"round": 0, "red_team": 1, "helpful": 1}, "greater than or equal to 1"),
        ({"round": 1, "red_team": 1}, "fresh slices need a number of red_team and of helpful prompts"),
        (
            {"round": 1, "red_team": 1, "helpful": 1, "feedback": {}},
            "feedback needs to know which prompts red-team the rounds",
        ),
    ],
)
def test_settings_that_say_nothing_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        RoundPromptSettings.model_validate(settings)


def test_evaluation_prompts_are_never_asked() -> None:
    held_out = [make(RedTeamPrompt, f"e{number}", split="evaluation") for number in range(60)]
    for number in (1, 2, 3):
        assert not ids(prompts(number, [*RED_TEAM, *held_out])) & {row.prompt_id for row in held_out}
