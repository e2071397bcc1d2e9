"""Solutions are split by a stated rule, joined to what they were, and chosen by their content."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets_registry.rows.prm import Solution
from datasets_registry.rows.rft import Candidate
from methods.prm.solutions import SolutionSettings, choose_solutions
from methods.reading.steps import SEPARATORS, Splitter, prefix, split, without_marks


@pytest.mark.parametrize("splitter", SEPARATORS)
@given(completion=st.text(alphabet="ab \n\t", max_size=30))
def test_steps_give_the_completion_back_or_there_is_a_failure(splitter: Splitter, completion: str) -> None:
    parts = split(completion, splitter)
    if parts.failure is None:
        assert parts.separator.join(parts.steps) == completion
        assert all(step.strip() for step in parts.steps)
        whole = prefix(parts.steps, len(parts.steps), parts.separator)
        assert whole == completion + parts.separator
    else:
        assert parts.steps == ()


@pytest.mark.parametrize(
    ("completion", "failure"),
    [
        ("", "empty"),
        (" \n", "empty"),
        ("one\n", "white space at its start or end"),
        ("\none", "white space at its start or end"),
        ("one\n\ntwo", "blank step"),
        ("one\n \ntwo", "blank step"),
    ],
)
def test_a_solution_that_cannot_be_split_says_why(completion: str, failure: str) -> None:
    assert split(completion, "lines").failure == failure


def test_paragraphs_keep_their_lines_and_the_answer_is_a_step_of_its_own() -> None:
    assert split("a\nb\n\nAnswer: 4", "paragraphs").steps == ("a\nb", "Answer: 4")
    assert split("a\n\n\nb", "paragraphs").failure == "blank step"
    assert split("a\nb\nAnswer: 4", "lines").steps == ("a", "b", "Answer: 4")


def test_a_prefix_ends_in_the_separator() -> None:
    assert prefix(("a", "b", "c"), 2, "\n") == "a\nb\n"


def candidate(sample: int, completion: str, accepted: bool | None = True, **fields: object) -> Candidate:
    """A sample for the problem p1."""
    given = {
        "problem_id": "p1",
        "policy": "sft_policy",
        "hinted": False,
        "sample": sample,
        "prompt": "2 + 2?",
        "answer": "4",
        "family": None,
        "difficulty": None,
        "split_group": "p1",
        "completion": completion,
        "accepted": accepted,
        "extracted": None,
        "reason": None if accepted else "another answer",
        "reward": None,
        "path": None,
        "finish_reason": "stop",
        "num_tokens": 3,
        "rule": "all",
        "stop": "all_drawn",
        "num_draws": 1,
        "num_accepted": 1,
        "propensity": None,
        "pass_rate": 0.25,
        "completion_key": f"k{sample}",
    }
    return Candidate.model_validate(given | fields)


POOL = [candidate(place, f"a{place}\n{place}", accepted=place % 4 == 0) for place in range(12)]


def chosen(candidates: list[Candidate], **settings: object) -> list[Solution]:
    """The solutions under these settings."""
    return choose_solutions(candidates, SolutionSettings.model_validate(settings))


def test_right_and_wrong_solutions_are_taken_in_turn_as_long_as_there_are_both() -> None:
    assert [row.accepted for row in chosen(POOL, per_problem=4)].count(True) == 2
    many = chosen(POOL, per_problem=10)
    assert [row.accepted for row in many].count(True) == 3 and len(many) == 10
    assert {row.pass_rate for row in many} == {0.25}


@given(order=st.permutations(POOL))
def test_what_is_chosen_does_not_depend_on_the_order(order: list[Candidate]) -> None:
    assert chosen(order, per_problem=4) == chosen(POOL, per_problem=4)


def test_more_per_problem_keep_those_there_are() -> None:
    few, more = (chosen(POOL, per_problem=count) for count in (3, 5))
    assert {row.solution_id for row in few} < {row.solution_id for row in more}


def test_equal_completions_are_one_solution_and_hints_none() -> None:
    twice = [candidate(0, "a\n4"), candidate(1, "a\n4"), candidate(2, "b\n5", accepted=False)]
    hinted = candidate(3, "c\n4", hinted=True)
    rows = chosen([*twice, hinted])
    assert {row.completion_key for row in rows} == {"k0", "k2"}


def test_problems_that_are_decided_are_left_out_if_asked() -> None:
    right = [candidate(place, f"a\n{place}") for place in range(3)]
    assert chosen(right) == [] and len(chosen(right, skip_decided=False)) == 3


def test_what_was_cut_off_or_did_not_come_is_a_row_without_labels() -> None:
    cut = candidate(1, "a\nb", accepted=False, finish_reason="length")
    gone = candidate(2, "", accepted=None, finish_reason="error", reason="error: window")
    blank = candidate(3, "a\n\nb", accepted=False)
    rows = chosen([candidate(0, "a\n4"), cut, gone, blank], splitter="lines")
    assert {row.failure for row in rows} == {None, "truncated", "error: window", "blank step"}
    assert all(row.completions == [] for row in rows if row.failure in ("error: window", "blank step"))


LINES = "12+7=19\n19+5=24\nA: 24"
BLANKS = "12+7=19\n\n19+5=24\n\n\nA: 24\n"
PARAGRAPHS = "First we add.\nThat gives 19.\n\nThen we add 5,\nwhich gives 24.\n\nThe answer is 24."
NUMBERED = (
    "Let me think.\n\n1. **Add**:\n   12+7=19\n\n   That is odd.\n\n2. **Add again**:\n   19+5=24\n\n"
    "So there are 24.\n\n**Answer:** 24"
)
DISPLAYED = "The sum is\n\\[\n12+7=19,\n\\]\nwhich is odd.\n\nThe other sum is\n\n$$19+5=24$$\n\n\\boxed{24}"


@pytest.mark.parametrize(
    ("completion", "expected"),
    [
        (LINES, ["12+7=19", "19+5=24", "A: 24"]),
        (BLANKS, ["12+7=19\n", "19+5=24\n\n", "A: 24\n"]),
        (
            PARAGRAPHS,
            ["First we add.\nThat gives 19.\n", "Then we add 5,\nwhich gives 24.\n", "The answer is 24."],
        ),
        (
            NUMBERED,
            [
                "Let me think.\n",
                "1. **Add**:\n   12+7=19\n\n   That is odd.\n",
                "2. **Add again**:\n   19+5=24\n",
                "So there are 24.\n",
                "**Answer:** 24",
            ],
        ),
        (
            DISPLAYED,
            [
                "The sum is\n\\[\n12+7=19,\n\\]\nwhich is odd.\n",
                "The other sum is\n\n$$19+5=24$$\n",
                "\\boxed{24}",
            ],
        ),
        ("Step 1: 12+7=19 ки\nStep 2: 19+5=24 ки", ["Step 1: 12+7=19", "Step 2: 19+5=24"]),
        ("12+7=19\n19+5=24\n\nAnswer: 24", ["12+7=19", "19+5=24\n", "Answer: 24"]),
        ("\n\none line", ["\n\none line"]),
        ("We run\n```\na\n\nb\n```\nand see.", ["We run", "```\na\n\nb\n```", "and see."]),
    ],
)
def test_each_style_is_split_as_a_reader_would(completion: str, expected: list[str]) -> None:
    parts = split(completion, "steps")
    assert list(parts.steps) == expected
    assert parts.separator.join(parts.steps) == without_marks(completion)


SENTENCES = st.sampled_from(
    ["We add 2 and 3.", "So x = 5 and y = 6.", "12 + 7 = 19", "Next, halve it: 10/2 = 5.", "Thus 3 remain"]
)
STYLES = {
    "lines": lambda steps: "\n".join(steps),
    "paragraphs": lambda steps: "\n\n".join(f"{step}\nThat is clear." for step in steps),
    "numbered": lambda steps: "\n\n".join(f"{n}. {step}\n   Indeed." for n, step in enumerate(steps, 1)),
    "displayed": lambda steps: "\n\n".join(
        f"{step} Hence\n\\[\nx = {n}\n\\]" for n, step in enumerate(steps)
    ),
}


@pytest.mark.parametrize("style", STYLES)
@given(sentences=st.lists(SENTENCES, min_size=2, max_size=12), ending=st.sampled_from(["", "\n", "\n\n"]))
def test_every_solution_of_a_style_has_its_steps(style: str, sentences: list[str], ending: str) -> None:
    completion = STYLES[style](sentences) + "\n\nAnswer: 5" + ending
    parts = split(completion, "steps")
    assert len(parts.steps) == len(sentences) + 1 and parts.failure is None
    assert parts.separator.join(parts.steps) == completion
