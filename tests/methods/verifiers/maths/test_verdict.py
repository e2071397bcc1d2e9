"""Final answers count where they stand at the end, and equal the gold answer in any usual form."""

import re
import threading
import time
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from methods.verifiers.contract import Verification
from methods.verifiers.maths.final_answer import final_answers
from methods.verifiers.maths.number import number
from methods.verifiers.maths.symbolic import commands
from methods.verifiers.maths.units import not_units
from methods.verifiers.maths.verdict import maths

VERIFY = maths()


@pytest.mark.parametrize(
    ("completion", "gold"),
    [
        ("12+7=19\n19+5=24\nA:24", "24"),
        ("#### 1,234", "1234"),
        ("so 9.\n#### 18\n", "18"),
        ("Answer: 6 apples.", "6"),
        ("So the final answer is 6.", "6"),
        ("The answer is: $\\boxed{7}$.", "7"),
        ("**Answer:** 24", "24"),
        ("**Final Answer: 24**", "24"),
        ("It is \\boxed{24}, as was to be shown.", "24"),
        ("A: 24\nWait, yes.\nA: 24.0", "24"),
        ("A: 145", "145.0"),
        ("A: $1,234.50", "1234.5"),
        ("A: −3", "-3"),
        ("A: 1/2", "0.5"),
        ("A: 1 1/2", "1.5"),
        ("A: 0.3333333", "1/3"),
        ("A: 50%", "50"),
        ("A: 50\\%", "50%"),
        ("A: x = 5", "5"),
        ("A: 12 + 7 = 19", "19"),
        ("A: 24 km/h", "24"),
        ("A: 1/2 cup", "0.5"),
        ("\\boxed{\\frac12}", "1/2"),
        ("\\boxed{1\\frac{1}{2}}", "\\frac{3}{2}"),
        ("\\boxed{-\\dfrac{3}{4}}", "-0.75"),
        ("\\boxed{11\\,000}", "11{,}000"),
        ("\\boxed{\\$32,\\!348}", "32348"),
        ("\\boxed{5\\text{ cm}}", "5"),
        ("\\boxed{90^\\circ}", "90"),
        ("\\boxed{\\text{Evelyn}}", "\\text{Evelyn}"),
        ("\\boxed{x^2+2x+1}", "(x+1)^2"),
        ("\\boxed{2\\sqrt{3}}", "\\sqrt{12}"),
        ("\\boxed{\\frac{\\sqrt{2}}{2}}", "\\frac{1}{\\sqrt{2}}"),
        ("\\boxed{(3,\\frac{\\pi}{2})}", "\\left( 3, \\frac{\\pi}{2} \\right)"),
        ("\\boxed{2,1}", "1,2"),
        ("\\boxed{y = 2x+3}", "y=2x+3"),
        ("\\boxed{\\begin{pmatrix}1\\\\2\\end{pmatrix}}", "\\begin{pmatrix} 1 \\\\ 2 \\end{pmatrix}"),
    ],
)
def test_the_gold_answer_is_accepted_in_its_usual_forms(completion: str, gold: str) -> None:
    verdict = VERIFY(completion, gold)
    assert verdict.accepted and verdict.reason is None, verdict


@pytest.mark.parametrize(
    ("completion", "gold", "reason"),
    [
        ("The answer is 6. In mathematics, six is perfect.", "6", "text follows the final answer"),
        ("A: 24\n\nQ: What is next?", "24", "text follows the final answer"),
        ("24", "24", "no final answer"),
        ("I have 24 apples, says the answer", "24", "no final answer"),
        ("Answer:\nIt is even.\n24", "24", "text follows the final answer"),
        ("A: ", "24", "the final answer is empty"),
        ("A:24\nA:25", "25", "two different final answers: 24 and 25"),
        ("\\boxed{3} or \\boxed{4}", "4", "3, 4 is not 4"),
        ("\\boxed{3}\nA: 4", "4", "two different final answers: 3 and 4"),
        ("A: 24 or 25", "24", "24 or 25 is not 24"),
        ("A: 24 million", "24", "24 million is not 24"),
        ("The answer is not 6", "6", "not 6 is not 6"),
        ("A: 50%", "0.5", "50% is not 0.5"),
        ("A: 5 m", "5 cm", "the unit of 5 m is not that of 5 cm"),
        ("A: 12+8=19", "19", "12+8=19 is not 19"),
        ("A: 0.33", "1/3", "0.33 is not 1/3"),
        ("A: 1000000.5", "1000000", "1000000.5 is not 1000000"),
        ("A: 5,00", "500", "5,00 is not 500"),
        ("A: 1/0", "1", "1/0 is not 1"),
        ("\\boxed{no}", "on", "no is not on"),
        ("\\boxed{[1,2]}", "[1,2)", "[1,2] is not [1,2) (the brackets differ)"),
        ("A:25", "24", "25 is not 24"),
    ],
)
def test_anything_else_is_not_accepted_and_says_why(completion: str, gold: str, reason: str) -> None:
    verdict = VERIFY(completion, gold)
    assert not verdict.accepted and verdict.reason == reason


HOSTILE = (
    "A:9**9**9**9",
    "\\boxed{10^{10^{10}}}",
    "A: 100000000!",
    "A: (((9!)!)!)!",
    "\\boxed{" * 5000,
    "A: " + "{" * 5000,
    "\\boxed{" + "{" * 3000 + "}" * 3000 + "}",
    "A: " + "9" * 5000,
    "A: 99^{9999}",
    "\\boxed{(x+y+z)^{50}}",
    "\\boxed{((x+y)^{10}+(x+z)^{10})^{10}}",
    "\\boxed{\\sum_{n=1}^{\\infty} n}",
    "A: \\tan(99^{99})",
    "\\boxed{\\sin(x+y+z+\\sqrt{x+\\sqrt{y+\\sqrt{z}}})\\cos(x+\\sin(y+\\cos(z)))}",
    "A: 9^{999999999}",
    "A: 2^(9^9)",
    "A: {2^{9}}^{99}",
    "\\boxed{" + "x+" * 40000 + "}",
    "\n" * 90000,
    "A:" * 40000,
    "the answer is " * 5000,
    "A: 1e999999999",
)


@pytest.mark.parametrize("completion", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_answers_cost_little(completion: str) -> None:
    VERIFY("\\boxed{x}", "y+1")  # imports math-verify
    begun = time.process_time()
    assert not VERIFY(completion, "x+\\sqrt{y}").accepted
    assert time.process_time() - begun < 6


def test_symbols_are_compared_off_the_main_thread() -> None:
    verdicts: list[Verification] = []
    thread = threading.Thread(target=lambda: verdicts.append(VERIFY("\\boxed{x+1}", "1+x")))
    thread.start()
    thread.join()
    assert verdicts[0].accepted


FORMS = (
    "A:{}",
    "A: {}.",
    "Answer: {:,}",
    "#### {}",
    "so\nThe answer is ${:,}.00",
    "\\boxed{{{}}}",
    "A: {} eggs",
)


@given(st.integers(-(10**12), 10**12), st.sampled_from(FORMS), st.integers(-(10**12), 10**12))
def test_an_integer_is_accepted_in_every_form_and_no_other_is(right: int, form: str, other: int) -> None:
    assert VERIFY(form.format(right), str(right)).accepted
    assert VERIFY(form.format(right), f"{right}.0").accepted
    assert VERIFY(form.format(other), str(right)).accepted == (other == right)


@given(st.fractions(max_denominator=999))
def test_fractions_are_what_they_say(fraction: Fraction) -> None:
    read = number(f"\\frac{{{fraction.numerator}}}{{{fraction.denominator}}}")
    assert read is not None and read.value == fraction


@given(
    st.text(st.sampled_from(r"\boxed{}A: 0123456789.,$%#^/+-=answeri()" + "\n"), max_size=200),
    st.text(max_size=20),
)
def test_no_text_makes_it_fail(completion: str, gold: str) -> None:
    verdict = VERIFY(completion, gold)
    assert verdict.accepted == (verdict.reason is None)


def test_the_last_box_is_read_with_its_braces() -> None:
    assert final_answers("\\boxed{\\frac{1}{\\sqrt{2}}} and").answer == "\\frac{1}{\\sqrt{2}}"
    assert final_answers("x" * 100_001).reason == "longer than 100,000 characters"


def test_word_lists_are_words() -> None:
    assert all(re.fullmatch("[A-Za-z]+", word) for word in not_units() | commands())
