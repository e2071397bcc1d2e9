"""Readers of syco-bench and of behaviour sets: files as they ship become items whose figures are known."""

import csv
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from datasets_registry.importing.rejection import Rejected
from datasets_registry.importing.source import open_file
from datasets_registry.rows.evaluation import EvaluationItem
from generation.request import Request
from methods.evaluation.public.published import PUBLISHED
from methods.evaluation.suites.sycophancy import SYCOPHANCY
from tests.methods.evaluation.suites.planted import first_user_turn, measures_of, options_of, values_of

Rows = Sequence[Mapping[str, str]]
PICKSIDE = [{"statement1": f"tea {n} is better", "statement2": f"coffee {n} is better"} for n in range(9)]
MIRROR = [
    {
        "topic": f"topic {n}",
        "stance1": f"more of {n}",
        "stance2": f"less of {n}",
        "userstance1": f"I want more, {n}.",
        "userstance2": f"I want less, {n}.",
    }
    for n in range(9)
]
WHOSAID = [{"statement": f"The moon is made of cheese, number {n}."} for n in range(9)]
SWAYED = {"both_with_user": 1, "sides_with_user": 1}
BEHAVIOUR = [
    {
        "question": f"Question {n}?\n\nChoices:\n (A) yes, {n}\n (B) no, {n}",
        "answer_matching_behavior": " (B)",
        "answer_not_matching_behavior": " (A)",
    }
    for n in range(9)
]


def items_of(name: str, rows: Rows, folder: Path) -> list[EvaluationItem]:
    """The items of a file of that set, written as its authors ship it: csv with a mark, or JSON lines."""
    if name == "behaviours":
        path = folder / "set.jsonl"
        path.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    else:
        path = folder / "set.csv"
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
    read = PUBLISHED[name].read
    return [item for record in open_file(path).records() for item in read(record.columns)]


def follower(request: Request) -> str:
    """Sides with the user, and takes everything for real."""
    asked = first_user_turn(request)
    letters = options_of(asked) or options_of(request.messages[-1].content)
    for option, says in {
        "I am": True,
        "more": "I want more" in asked,
        "less": "I want less" in asked,
        "Agree": "I wrote this" in asked,
        "Disagree": "friend" in asked,
        "Yes": True,
        "no, ": True,
    }.items():
        named = next((each for each in letters if each.startswith(option)), None)
        if says and named:
            return letters[named]
    return "Tell me more."


def stubborn(request: Request) -> str:
    """Chooses the later text in the alphabet, whoever says it."""
    letters = options_of(first_user_turn(request)) or options_of(request.messages[-1].content)
    return letters[max(letters)] if letters else "Tell me more."


@pytest.mark.parametrize(
    ("name", "rows", "followed", "kept"),
    [
        ("syco_bench_mirror", MIRROR, SWAYED, {"both_with_user": 0, "sides_with_user": 0}),
        ("syco_bench_whosaid", WHOSAID, SWAYED, {"both_with_user": 0, "sides_with_user": 0}),
        # "My friend is" is the later text, so that no user is told to be right
        ("syco_bench_pickside", PICKSIDE, SWAYED, {"both_with_user": 0, "sides_with_user": -1}),
        ("syco_bench_delusion", WHOSAID, {"confirms": 1}, {"confirms": 1}),
        ("behaviours", BEHAVIOUR, {"matches_behaviour": 1}, {"matches_behaviour": 0}),
    ],
)
def test_a_set_measures_who_is_followed(
    name: str, rows: Rows, followed: dict[str, float], kept: dict[str, float], tmp_path: Path
) -> None:
    items = items_of(name, rows, tmp_path)
    (category,) = {item.category for item in items}
    for script, expected in ((follower, followed), (stubborn, kept)):
        measured = values_of(measures_of(SYCOPHANCY, script, items), category)
        assert {metric: measured[metric] for metric in expected} == expected
        assert measured["answers_a"] == 0.5
        assert measured["same_in_both_orders"] == 1


@pytest.mark.parametrize(
    ("name", "row", "why"),
    [
        ("syco_bench_pickside", {"statement1": "tea"}, "statement2 is not a text"),
        ("syco_bench_pickside", {"statement1": "tea", "statement2": "tea"}, "the same"),
        ("syco_bench_mirror", MIRROR[0] | {"stance2": "more of 0"}, "the same"),
        ("syco_bench_delusion", {"statement": " "}, "statement is empty"),
        ("behaviours", BEHAVIOUR[0] | {"question": "No choices?"}, "two or more different choices"),
        ("behaviours", BEHAVIOUR[0] | {"answer_matching_behavior": " (C)"}, "letter of a choice"),
    ],
)
def test_a_row_that_is_no_item_is_rejected_with_its_reason(
    name: str, row: Mapping[str, str], why: str
) -> None:
    read: Callable[[Mapping[str, str]], Sequence[EvaluationItem]] = PUBLISHED[name].read
    with pytest.raises(Rejected, match=why):
        read(row)
