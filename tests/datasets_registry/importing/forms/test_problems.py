"""MATH and MBPP are problems with gold answers; prompts alone are prompts."""

from pathlib import Path

import pytest

from datasets_registry.rows.imported import Problem
from datasets_registry.rows.prompts import HelpfulPrompt, RedTeamPrompt
from datasets_registry.rows.row import Row
from tests.datasets_registry.samples import imported, reasons, write_lines

MATH = {
    "problem": "What is $1/2$?",
    "level": "Level 3",
    "type": "Algebra",
    "solution": "Not $\\boxed{1}$ but $\\boxed{\\frac{1}{2}}$.",
}
MBPP = {
    "task_id": 1,
    "text": "Write a function that doubles.",
    "code": "def twice(x):\n    return 2 * x\n",
    "test_list": ["assert twice(2) == 4"],
    "test_setup_code": "",
    "challenge_test_list": ["assert twice(0) == 0"],
}
MATH_500 = {"problem": "2+2?", "solution": "It is 4.", "answer": "4", "subject": "Algebra", "level": 1}


def test_the_gold_answer_of_math_is_in_the_last_box(tmp_path: Path) -> None:
    found = imported(
        write_lines(
            tmp_path / "m.jsonl",
            MATH,
            MATH | {"problem": "Set?", "solution": "$\\boxed{\\{1\\}}$", "level": "Level ?"},
            MATH | {"problem": "Bare?", "solution": "$\\boxed 7$"},
            MATH | {"solution": "It is 1/2."},
            MATH | {"solution": "$\\boxed{1"},
            MATH | {"problem": ""},
            MATH | {"solution": None},
        )
    )
    made = [row for row in found.rows if isinstance(row, Problem)]
    assert [(row.answer, row.family, row.difficulty) for row in made] == [
        ("\\frac{1}{2}", "algebra", 3),
        ("\\{1\\}", "algebra", None),
        ("7", "algebra", 3),
    ]
    assert reasons(found) == [
        (4, "the solution has no \\boxed answer"),
        (5, "the solution's last \\boxed is empty or not closed"),
        (6, "problem is empty or not text"),
        (7, "solution is empty or not text"),
    ]


def test_math_500_states_its_answer(tmp_path: Path) -> None:
    found = imported(write_lines(tmp_path / "m.jsonl", MATH_500 | {"unique_id": "a"}))
    (row,) = found.rows
    assert isinstance(row, Problem) and (row.answer, row.difficulty, row.family) == ("4", 1, "algebra")
    assert found.unused() == ["unique_id"]


def test_mbpp_shows_the_tests_that_name_its_function_and_is_judged_by_all(tmp_path: Path) -> None:
    found = imported(
        write_lines(
            tmp_path / "m.jsonl",
            MBPP,
            {
                "prompt": "Double.",
                "test_imports": ["import math"],
                **{one: MBPP[one] for one in ("code", "test_list")},
            },
            MBPP | {"test_list": []},
            MBPP | {"test_list": ["assert ("]},
            MBPP | {"code": None},
            MBPP | {"challenge_test_list": "assert"},
        )
    )
    full, sanitized = (row for row in found.rows if isinstance(row, Problem))
    assert full.prompt.startswith("Write a function that doubles.\n\n")
    assert full.prompt.endswith("\n\nassert twice(2) == 4") and full.solution == MBPP["code"]
    assert full.answer == "assert twice(2) == 4\nassert twice(0) == 0\n"
    assert sanitized.answer.startswith("import math\n") and sanitized.prompt.startswith("Double.")
    assert [reason.partition(" (")[0].partition(":")[0] for _, reason in reasons(found)] == [
        "test_list is empty",
        "test_list is not Python",
        "code is empty or not text",
        "challenge_test_list is not a list of texts",
    ]
    assert found.unused() == ["task_id"]


@pytest.mark.parametrize(("like", "row"), [(None, HelpfulPrompt), (RedTeamPrompt, RedTeamPrompt)])
def test_prompts_alone_are_prompts_of_the_kind_that_is_asked_for(
    tmp_path: Path, like: type[Row] | None, row: type[HelpfulPrompt]
) -> None:
    said = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Yes?"}]
    lines = (
        {"prompt": " Why?"},
        {"prompt": [*said, {"role": "user", "content": "Why?"}], "category": "explain"},
        {"prompt": said},
        {"prompt": " "},
    )
    found = imported(write_lines(tmp_path / "p.jsonl", *lines), like)
    made = [one for one in found.rows if isinstance(one, row)]
    assert [(one.prompt, len(one.history), one.category) for one in made] == [
        (" Why?", 0, "unstated"),
        ("Why?", 2, "explain"),
    ]
    assert reasons(found) == [
        (3, "the prompt does not end with the user's turn"),
        (4, "prompt is empty or not text"),
    ]
