"""Labelled steps come from TRL's form, Math-Shepherd, PRM800K and PRMBench by stated rules."""

from pathlib import Path
from typing import Any

from datasets_registry.rows.imported import StepwiseSupervision
from tests.datasets_registry.samples import imported, reasons, write_lines

STEPWISE = {"prompt": "2+2?", "completions": ["2 and 2", "are 4"], "labels": [True, False]}
SHEPHERD = {
    "input": "2+2? Step 1: 2 and 2 ки\nStep 2: are + 5 ки",
    "label": "2+2? Step 1: 2 and 2 +\nStep 2: are + 5 -",
    "task": "GSM8K",
}
PRMBENCH = {
    "original_question": "2+2?",
    "modified_question": "2+2?",
    "modified_process": ["2 and 2", "are 5", "Done."],
    "error_steps": [2],
    "classification": "confidence",
}


def rated(
    *completions: tuple[str, int | None], chosen: int | None = 0, own: str | None = None
) -> dict[str, Any]:
    """A step of PRM800K with the completions shown."""
    shown = [{"text": text, "rating": rating, "flagged": False} for text, rating in completions]
    human = own and {"text": own, "rating": None, "flagged": False}
    return {"completions": shown, "human_completion": human, "chosen_completion": chosen}


def prm800k(*steps: Any, **label: Any) -> dict[str, Any]:
    """A row of PRM800K with these steps."""
    return {
        "labeler": "x",
        "is_quality_control_question": False,
        "is_initial_screening_question": False,
        "question": {"problem": "2+2?", "ground_truth_answer": "4"},
        "label": {"steps": list(steps), "finish_reason": "solution"} | label,
    }


PRM800K = prm800k(rated(("2 and 2", 1)), rated(("are 4", 0), ("are 5", -1)))


def taken(rows: Any) -> list[tuple[list[str], list[bool | None], int | None]]:
    """Steps, labels and first error of each solution."""
    solutions = [one for one in rows if isinstance(one, StepwiseSupervision)]
    return [(one.completions, one.labels, one.first_error) for one in solutions]


def test_steps_with_labels_in_every_scale(tmp_path: Path) -> None:
    found = imported(
        write_lines(
            tmp_path / "s.jsonl",
            STEPWISE,
            STEPWISE | {"completions": ["a", "b"], "labels": ["+", "-"]},
            STEPWISE | {"completions": ["a", "c"], "labels": [1, 0]},
            STEPWISE | {"completions": ["a", "d"], "labels": [None, False]},
            STEPWISE | {"labels": [True]},
            STEPWISE | {"labels": [True, 0.5]},
            STEPWISE | {"completions": ["a", ""]},
            STEPWISE | {"labels": [None, None]},
            STEPWISE | {"labels": "+-"},
        )
    )
    assert found.format.name == "stepwise"
    assert taken(found.rows) == [
        (["2 and 2", "are 4"], [True, False], 2),
        (["a", "b"], [True, False], 2),
        (["a", "c"], [True, False], 2),
        (["a", "d"], [None, False], None),
    ]
    assert reasons(found) == [
        (5, "1 labels for 2 steps"),
        (6, "a label is '0.5', and this file's are +, -, 1, 0 or null"),
        (7, "a step is empty or not text"),
        (8, "no step has a label"),
        (9, "completions and labels are not lists"),
    ]


def test_a_neutral_step_is_right_where_a_file_rates_steps(tmp_path: Path) -> None:
    rows = [STEPWISE | {"labels": [0, -1]}, STEPWISE | {"completions": ["a", "b"], "labels": [0, 1]}]
    found = imported(write_lines(tmp_path / "r.jsonl", *rows, STEPWISE | {"labels": ["+", "-"]}))
    assert found.format.name == "stepwise-ratings"
    assert taken(found.rows) == [(["2 and 2", "are 4"], [True, False], 2), (["a", "b"], [True, True], 0)]
    assert reasons(found) == [(3, "a label is '+', and this file's are 1, 0, -1 or null")]


def test_the_marks_of_math_shepherd_become_labels(tmp_path: Path) -> None:
    found = imported(
        write_lines(
            tmp_path / "m.jsonl",
            SHEPHERD,
            SHEPHERD | {"label": "2+2? Step 1: 2 and 2 +\nStep 2: are + 5 ки"},
            SHEPHERD | {"input": SHEPHERD["input"] + " and"},
            SHEPHERD | {"input": "2+2? 4 ки", "label": "2+2? 4 +"},
            SHEPHERD | {"label": None},
        )
    )
    (row,) = found.rows
    assert isinstance(row, StepwiseSupervision)
    assert (row.prompt, row.family) == ("2+2?", "GSM8K")
    assert taken([row]) == [(["Step 1: 2 and 2", "Step 2: are + 5"], [True, False], 2)]
    assert reasons(found) == [
        (2, "label is not the input with + or - for each mark"),
        (3, "the last step has no mark"),
        (4, "there is no Step 1: after the problem"),
        (5, "label is empty or not text"),
    ]


def test_prmbench_counts_steps_from_1_and_rejects_those_out_of_range(tmp_path: Path) -> None:
    found = imported(
        write_lines(
            tmp_path / "p.jsonl",
            PRMBENCH,
            PRMBENCH | {"error_steps": [0]},
            PRMBENCH | {"error_steps": [2, 4]},
            PRMBENCH | {"error_steps": ["2"]},
            PRMBENCH | {"modified_process": None},
        )
    )
    assert taken(found.rows) == [(["2 and 2", "are 5", "Done."], [True, False, True], 2)]
    assert reasons(found) == [
        (2, "error_steps has 0, and there are 3 steps"),
        (3, "error_steps has 4, and there are 3 steps"),
        (4, "error_steps has '2', and there are 3 steps"),
        (5, "modified_process and error_steps are not lists"),
    ]
    assert found.unused() == ["original_question"]


def test_prm800k_gives_the_chosen_path_and_each_rated_alternative(tmp_path: Path) -> None:
    found = imported(write_lines(tmp_path / "p.jsonl", PRM800K))
    assert taken(found.rows) == [
        (["2 and 2", "are 4"], [True, True], 0),
        (["2 and 2", "are 5"], [None, False], None),
    ]
    assert {one.answer for one in found.rows if isinstance(one, StepwiseSupervision)} == {"4"}
    assert found.unused() == ["labeler"]


def test_a_labeller_may_go_on_by_a_step_of_their_own_or_end_at_an_error(tmp_path: Path) -> None:
    own = prm800k(rated(("are 5", -1), chosen=None, own="are 4"), rated(("Done.", 1)))
    ended = prm800k(rated(("2 and 2", 1)), rated(("are 6", -1), chosen=None), finish_reason="found_error")
    flagged = prm800k(rated(("2 and 2", 1)), rated(("odd", 1)))
    flagged["label"]["steps"][1]["completions"][0]["flagged"] = True
    found = imported(write_lines(tmp_path / "p.jsonl", own, ended, flagged))
    assert taken(found.rows) == [
        (["are 4", "Done."], [True, True], 0),
        (["are 5"], [False], 1),
        (["2 and 2", "are 6"], [True, False], 2),
        (["2 and 2", "odd"], [True, None], None),
    ]


def test_rows_of_prm800k_that_say_nothing_of_steps_are_rejected(tmp_path: Path) -> None:
    found = imported(
        write_lines(
            tmp_path / "p.jsonl",
            PRM800K,
            PRM800K | {"is_quality_control_question": True},
            prm800k(rated(("a", 1)), finish_reason="bad_problem"),
            prm800k(),
            prm800k(rated(("a", 2))),
            prm800k(rated(("a", 1), chosen=3)),
            prm800k(rated(("a", None))),
            PRM800K | {"question": {"problem": None}},
            PRM800K | {"label": None},
        )
    )
    assert reasons(found) == [
        (2, "a question that tests labellers"),
        (3, "the labeller called it a bad problem"),
        (4, "there are no steps"),
        (5, "a rating is '2' and not -1, 0 or 1"),
        (6, "chosen_completion 3 of 1"),
        (7, "no step has a label"),
        (8, "problem is empty or not text"),
        (8, "problem is empty or not text"),
        (9, "there are no steps"),
    ]
