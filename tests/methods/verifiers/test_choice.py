"""A letter counts only where it is chosen, on the last line; exact text counts as it is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets_registry.errors import BadInput
from methods.verifiers.choice import choice, exact

VERIFY = choice("ABCD")


@pytest.mark.parametrize(
    "completion",
    [
        "B",
        "(B)",
        "B.",
        "B)",
        "**B**",
        "Some thought.\nB",
        "Answer: (B)",
        "Answer: B",
        "Answer: B.",
        "Answer:B",
        "The answer is B.",
        "The answer is (B) Paris",
        "So the final answer is B",
        "**Answer:** B",
        "Answer: B. Paris",
        "Answer: B) Paris",
        "\\boxed{B}",
        "$\\boxed{\\text{(B)}}$.",
        "Answer: B\nAnswer: B",
        "Answer: (B) A, C and D",
        "Answer: B - Paris",
        "Answer: B. A or C",
        "Option B",
        "The correct option is B.",
        "So the best choice is (B).",
        "The answer is option B.",
        "The correct answer is **(B)**",
        "\\boxed{\\textbf{(B)}}",
        "\\boxed{\\text{B}}",
        "Thus $\\boxed{B}$.",
        "<answer>B</answer>",
        "<answer>(B) Paris</answer>",
        "B) Paris",
        "(B) Paris is the capital.",
        "Option A: Rome\nOption B: Paris\nAnswer: B",
        "The wrong answer is A. The right answer is B.",
        "ANSWER: B",
        "The answer is B, because A melts.",
        "Option B is the correct answer since it freezes",
    ],
)
def test_a_chosen_letter_is_accepted(completion: str) -> None:
    assert VERIFY(completion, "B").accepted
    assert VERIFY(completion, "(B)").accepted
    verdict = VERIFY(completion, "C")
    assert (verdict.accepted, verdict.extracted, verdict.reason) == (False, "B", "B is not C")


@pytest.mark.parametrize(
    ("completion", "reason"),
    [
        ("", "no letter is chosen on the last line"),
        ("A dog has four legs", "no letter is chosen on the last line"),
        ("Answer: A dog", "no letter is chosen on the last line"),
        ("Answer: A or B", "no letter is chosen on the last line"),
        ("Answer: (A) or (B)", "no letter is chosen on the last line"),
        ("The answer is A or B, because both freeze.", "no letter is chosen on the last line"),
        ("The wrong answer is A, because it melts.", "no letter is chosen on the last line"),
        ("Option A is not correct", "no letter is chosen on the last line"),
        ("Answer: A, B", "no letter is chosen on the last line"),
        ("a", "no letter is chosen on the last line"),
        ("Answer: A\nThat is clear.", "text follows the chosen letter"),
        ("Answer: A\nAnswer: B", "two different letters: A and B"),
        ("Answer: B\nA", "two different letters: A and B"),
        ("\\boxed{A} or\n\\boxed{B}", "two different letters: A and B"),
        ("E", "E is not one of the letters ABCD"),
        ("A\nB\nC\nD", "two different letters: A and B and C and D"),
        ("A) Rome\nB) Paris", "two different letters: A and B"),
        ("A or B", "no letter is chosen on the last line"),
        ("An incorrect answer is A.", "no letter is chosen on the last line"),
        ("The wrong answer is A", "no letter is chosen on the last line"),
        ("The answer is not A", "no letter is chosen on the last line"),
        ("It is not the correct answer: A", "no letter is chosen on the last line"),
        ("Option A: Rome\nOption B: Paris", "two different letters: A and B"),
        ("\\boxed{A, B}", "no letter is chosen on the last line"),
        ("<answer>A and B</answer>", "no letter is chosen on the last line"),
    ],
)
def test_a_letter_that_is_not_chosen_is_not_taken(completion: str, reason: str) -> None:
    verdict = VERIFY(completion, "A")
    assert not verdict.accepted and verdict.reason == reason


@pytest.mark.parametrize("gold", ["E", "", "AB", "a"])
def test_a_gold_answer_is_a_letter(gold: str) -> None:
    with pytest.raises(BadInput, match="not one of the letters ABCD"):
        VERIFY("A", gold)


@given(st.text("ABCD answer:is.()\n*", max_size=60))
def test_no_text_makes_it_fail(completion: str) -> None:
    verdict = VERIFY(completion, "A")
    assert verdict.accepted == (verdict.reason is None)


def test_exact_text_is_compared_but_for_space_and_composition() -> None:
    assert exact(" cafe\u0301\n", "caf\u00e9").accepted
    assert exact("Paris", "paris").reason == "'Paris' is not 'paris'"
    assert not exact("Paris, France", "Paris").accepted
