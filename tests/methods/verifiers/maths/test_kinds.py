r"""Kinds of text on which verifiers of mathematics err: variables, names, ends, boxes, notation."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from methods.verifiers.maths.comparison import difference
from methods.verifiers.maths.final_answer import final_answers
from methods.verifiers.maths.verdict import maths

VERIFY = maths()

EQUAL = [
    # units that are units
    ("24 apples", "24"),
    ("24 red apples", "24 apples"),
    ("5 \\text{ cm}^2", "5"),
    ("5 square centimeters", "5\\text{ cm}^2"),
    ("5 cm squared", "5 cm^2"),
    ("60 mph", "60 miles per hour"),
    ("60 km/h", "60 kilometers per hour"),
    ("9.8 m/s^2", "9.8\\text{ m/s}^2"),
    ("24€", "24"),
    ("25 °C", "25 degrees Celsius"),
    ("\\$24", "24 dollars"),
    ("24个", "24"),
    ("$2\\pi$ cm", "2\\pi"),
    ("12\\sqrt{2}\\text{ cm}", "12\\sqrt{2}\\text{ centimeters}"),
    ("$24$ apples", "24"),
    ("\\(24\\) apples", "24"),
    # names
    ("x=5", "5"),
    ("5", "x=5"),
    ("x=1, y=2", "y=2,x=1"),
    ("x = 1 \\text{ and } y = 2", "(x,y)=(1,2)"),
    ("(1,2)", "(x,y)=(1,2)"),
    ("x=1,y=2", "(1,2)"),
    ("x=-2 \\text{ or } x=3", "3,-2"),
    ("x = \\pm 2", "2,-2"),
    ("f(x)=2x+1", "2x+1"),
    ("x_1 = 3", "x_{1}=3"),
    # lists, tuples, sets
    ("8, 6", "6,8"),
    ("6 and 8", "6, 8"),
    ("1, 2, and 3", "1,2,3"),
    ("\\{2,1\\}", "\\{1,2\\}"),
    ("\\{1,2\\}", "1,2"),
    ("\\{5\\}", "5"),
    ("(1, 2)", "(1,2)"),
    ("(-\\infty, 3]", "(-\\infty,3]"),
    ("1,1,2", "2,1,1"),
    # bases
    ("40_{9}", "40_9"),
    ("40_{\\text{nine}}", "40_9"),
    ("40 base 9", "40_9"),
    # notation
    ("5!", "120"),
    ("2 \\cdot 5!", "240"),
    ("5 factorial", "120"),
    ("\\binom{6}{2}", "15"),
    ("{6 \\choose 2}", "\\dbinom{6}{2}"),
    ("0.\\overline{3}", "1/3"),
    ("0.1\\overline{6}", "\\frac16"),
    ("0.(3)", "\\frac{1}{3}"),
    ("-1.\\overline{3}", "-\\frac43"),
    ("12,\\!345", "12345"),
    ("12{,}345", "12,345"),
    ("\\begin{bmatrix} 1 & 2 \\\\ 3 & 1/2 \\end{bmatrix}", "\\begin{pmatrix}1&2\\\\3&0.5\\end{pmatrix}"),
    ("2π", "2\\pi"),
    ("√3/2", "\\frac{\\sqrt{3}}{2}"),
    ("3x²", "3x^2"),
    ("2xy", "2yx"),
    ("xy + x", "x(y+1)"),
    ("4a - b", "-b+4a"),
    ("\\mathbb R", "\\mathbb{R}"),
    ("\\varnothing", "\\emptyset"),
    ("\\boldsymbol{5}", "5"),
    ("\\displaystyle\\frac12", "0.5"),
    ("\\langle 1,2\\rangle", "(1,2)"),
    ("\\left[\\begin{array}{c}1\\\\2\\end{array}\\right]", "\\begin{pmatrix}1\\\\2\\end{pmatrix}"),
    ("5 \\text{ (mod 7)}", "5 \\pmod 7"),
    ("2.5e3", "2500"),
    ("1.2 \\times 10^{-3}", "0.0012"),
    ("2^{10} = 1024", "1024"),
    ("\\log_2 8", "3"),
    # names of what is asked for
    ("\\angle A = 40^\\circ", "40"),
    ("f(2)=7", "7"),
    ("f^{-1}(x)=2x", "2x"),
    ("|S|=5", "5"),
    ("\\overline{AB} = 5", "5"),
    ("\\frac{dy}{dx} = 2x", "2x"),
    ("x \\approx 2.5", "2.5"),
    ("x=2\\quad y=3", "x=2,y=3"),
    # both signs, ranges, ratios, times
    ("\\{\\pm 1, \\pm i\\}", "\\{1,-1,i,-i\\}"),
    ("\\frac{1\\pm\\sqrt5}{2}", "\\frac{1-\\sqrt5}{2}, \\frac{1+\\sqrt5}{2}"),
    ("x \\in [-2,7]", "[-2,7]"),
    ("x \\ge 3", "[3,\\infty)"),
    ("3 > x", "(-\\infty,3)"),
    ("-2 < x \\le 3", "(-2,3]"),
    ("3 \\ge x > -2", "(-2,3]"),
    ("x<-3 \\text{ or } x>3", "(-\\infty,-3)\\cup(3,\\infty)"),
    ("3:5", "3 : 5"),
    ("3:5", "\\frac{3}{5}"),
    ("6:30 \\text{ p.m.}", "6:30 PM"),
]
UNEQUAL = [
    ("2", "2k"),
    ("2k", "2"),
    ("5m", "5"),
    ("5 x", "5"),
    ("2n-3", "2n-2"),
    ("3R^3", "3R^2"),
    ("4a", "4a-b"),
    ("2", "2π"),
    ("2\\pi", "2"),
    ("5 cm", "5 cm^2"),
    ("5 cm^3", "5 square cm"),
    ("5 m", "5 m/s"),
    ("60 km/h", "60 mph"),
    ("5", "5 factorial"),
    ("5", "5!"),
    ("24 apples", "24 pears"),
    ("24 \\text{ dozen}", "24"),
    ("2 squared", "2"),
    ("2\\pi\\text{ cm}^2", "2\\pi\\text{ cm}"),
    ("2\\pi\\text{ cm}", "2\\pi\\text{ m}"),
    # names
    ("y=5", "x=5"),
    ("x=2,y=1", "x=1,y=2"),
    ("y=1,x=2", "(1,2)"),
    ("x=2", "x=2,y=3"),
    ("(x,y)=(2,1)", "x=1,y=2"),
    ("x=1,y=2", "\\{1,2\\}"),
    ("2x+1", "2x+1,3"),
    # lists, tuples, sets
    ("12, 345", "12345"),
    ("12345", "12, 345"),
    ("(12,345)", "12345"),
    ("\\{1,2\\}", "(1,2)"),
    ("(2,1)", "(1,2)"),
    ("[1,2]", "(1,2)"),
    ("1,2", "1,1,2"),
    ("1,2,2", "1,1,2"),
    ("\\{1,1,2\\}", "\\{1,2\\}"),
    ("1 or 2", "1"),
    ("1", "1,2"),
    # bases
    ("40_8", "40_9"),
    ("36", "40_9"),
    ("40_9", "36"),
    # matrices
    ("\\begin{pmatrix}1&2\\end{pmatrix}", "\\begin{pmatrix}1\\\\2\\end{pmatrix}"),
    ("\\begin{pmatrix}1\\\\3\\end{pmatrix}", "\\begin{pmatrix}1\\\\2\\end{pmatrix}"),
    ("\\begin{vmatrix}1&2\\\\3&4\\end{vmatrix}", "\\begin{pmatrix}1&2\\\\3&4\\end{pmatrix}"),
    ("0.3", "0.\\overline{3}"),
    ("0.33", "\\frac13"),
    # variables in another case, primes, digits apart
    ("X", "x"),
    ("\\pi R^2", "\\pi r^2"),
    ("AB", "ab"),
    ("A'", "A"),
    ("1 2", "12"),
    ("f(3)=7", "f(2)=7"),
    ("\\angle B = 40^\\circ", "\\angle A = 40^\\circ"),
    ("f'(x)=2x", "f(x)=2x"),
    ("2500", "2.5e2"),
    # ranges, ratios, times
    ("x > 3", "[3,\\infty)"),
    ("x > 3", "(3,4)"),
    ("x<-3 \\text{ or } x>3", "(-\\infty,-3)\\cup[3,\\infty)"),
    ("x \\in [1,2]", "y \\in [1,2]"),
    ("5:3", "3:5"),
    ("3,5", "3:5"),
    ("6:30 \\text{ a.m.}", "6:30 \\text{ p.m.}"),
    ("\\{\\pm 1, i\\}", "\\{1,-1,i,-i\\}"),
    ("2", "\\pm 2"),
    ("1 \\pmod 8", "1 \\pmod 7"),
]


@pytest.mark.parametrize(("answer", "gold"), EQUAL)
def test_answers_that_people_take_for_one_are_equal(answer: str, gold: str) -> None:
    assert difference(answer, gold, 1e-6) is None


@pytest.mark.parametrize(("answer", "gold"), UNEQUAL)
def test_answers_that_people_tell_apart_are_not(answer: str, gold: str) -> None:
    assert difference(answer, gold, 1e-6) is not None


ENDS = [
    "The answer is **{}**.",
    "The answer is: **{}**",
    "**Answer: {}**.",
    "**Answer:** **{}**",
    "Answer: **{}**.",
    "### Answer\n{}",
    "### Final Answer:\n\n**{}**",
    "Answer:\n{}",
    "**Final Answer:**\n\n$${}$$",
    "**Final Answer**: $\\boxed{{{}}}$",
    "Final Answer: The final answer is ${}$. I hope it is correct.",
    "The final answer is $\\boxed{{{}}}$. I hope it is correct.",
    "The correct answer is {}.",
    "So the correct answer is: {}",
    "Therefore, my final answer is {}.",
    "the answer is $20+3+1=\\boxed{{{}}}$.",
    "the answer is $\\boxed{{{}}}$ odd numbers.",
    "\\boxed{{{}}}\\text{{ units}}",
    "So $x = \\boxed{{{}}}$.",
    "\\[\n\\boxed{{{}}}\n\\]",
    "Answer:\n\\[\n{}\n\\]",
    "The question asks for \\boxed{{\\phantom{{2}}}}. So the answer is \\boxed{{{}}}.",
    "I put my answer in \\boxed{{}}. It is \\boxed{{{}}}.",
    "Give \\boxed{{your answer}}: \\boxed{{{}}}",
    "The answer to the question is {}.",
    "$\\fbox{{{}}}$",
    "**Final Answer**\n\n${}$",
    "**Answer**\n{}",
    "Answer is {}.",
    "Answer = {}",
    "Ans: {}",
    "We add: <answer>{}</answer>",
    "\\boxed{{\\boxed{{{}}}}}",
    "\\boxed{{\\text{{The answer is }}{}}}",
    "\\boxed{{\\text{{Answer: }}{}}}",
    "$\\boxed{{{}}}\\text{{ cm}}$",
]


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("gold", ["24", "-7", "\\frac{3}{4}"])
def test_the_common_ends_of_solutions_are_read(end: str, gold: str) -> None:
    assert VERIFY(f"Let us see.\n{end.format(gold)}", gold).accepted
    assert not VERIFY(f"Let us see.\n{end.format(gold)}", "25").accepted


@given(st.sampled_from(ENDS), st.integers(-(10**9), 10**9), st.integers(-(10**9), 10**9))
def test_every_end_gives_its_own_number_and_no_other(end: str, right: int, other: int) -> None:
    assert VERIFY(end.format(right), str(right)).accepted
    assert VERIFY(end.format(other), str(right)).accepted == (other == right)


@pytest.mark.parametrize(
    ("completion", "gold"),
    [
        ("So $x=\\boxed{1}$ and $y=\\boxed{2}$.", "x=1,y=2"),
        ("\\boxed{6} and \\boxed{8}", "6,8"),
        ("The answers are \\boxed{6}, \\boxed{8}.", "8, 6"),
        ("\\boxed{6 \\text{ and } 8}", "6,8"),
        ("(a) \\boxed{3}\n\n(b) \\boxed{4}", "3,4"),
        ("$x=\\boxed{3}$\n\n$y=\\boxed{5}$", "x=3,y=5"),
        ("- $x = \\boxed{3}$\n- $y = \\boxed{5}$", "(x,y)=(3,5)"),
    ],
)
def test_several_boxes_hold_several_values(completion: str, gold: str) -> None:
    assert VERIFY(completion, gold).accepted


@pytest.mark.parametrize(
    ("completion", "gold"),
    [
        ("So $x=\\boxed{2}$ and $y=\\boxed{1}$.", "x=1,y=2"),
        ("\\boxed{3} or \\boxed{4}", "4"),
        ("(a) \\boxed{3}\n\n(b) \\boxed{4}", "4"),
        ("$x=\\boxed{5}$\n\n$y=\\boxed{3}$", "x=3,y=5"),
        ("\\boxed{3}\\text{ cm}", "3\\text{ m}"),
        ("The answer is not \\boxed{4}", "4"),
        ("The answer is 4 or 5.", "4"),
        ("\\boxed{}", "4"),
        ("Answer:\n4\nThat is all.", "4"),
        ("The incorrect answer is 4.", "4"),
        ("Answer: 4?\nAnswer: 5", "5"),
    ],
)
def test_ambiguous_ends_stay_rejected(completion: str, gold: str) -> None:
    verdict = VERIFY(completion, gold)
    assert not verdict.accepted and verdict.reason


def test_boxes_that_do_not_close_are_named() -> None:
    assert final_answers("\\boxed{3").reason == "a \\boxed without its end, or more than 100 of them"
