"""Equations are found as they are written, make a path, and are worked out without running anything."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from methods.reading.arithmetic import Unparsed, value
from methods.reading.equations import equations, path, wrong_equations


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("12 + 7 = 19", ["12+7=19"]),
        ("12+7=19\n19+5=24\nA:24", ["12+7=19", "19+5=24"]),
        ("It costs $5 * 3 = $15.", ["5*3=15"]),
        ("5 × 3 = 15 and 6 ÷ 2 = 3", ["5*3=15", "6/2=3"]),
        ("1,200 + 1 = 1,201", ["1200+1=1201"]),
        ("half: <<48/2=24>>24, all: 48+24 = <<48+24=72>>72", ["48/2=24", "48+24=72"]),
        (r"$\frac{1}{2} \times 4 = 2$", ["(1/2)*4=2"]),
        ("(3 + 4) * 2 = 14", ["(3+4)*2=14"]),
        ("Total = 5 * 3 = 15", ["5*3=15"]),
        ("12+7=19+5=24", ["12+7=19+5", "19+5=24"]),
        ("-3 + 4 = 1", ["-3+4=1"]),
        ("x = 5, and nothing else; A: 24", []),
        ("12 apples + 7 apples = 19 apples", []),
    ],
)
def test_equations_are_found_as_they_are_written(text: str, expected: list[str]) -> None:
    assert equations(text) == expected
    assert path(text) == "|".join(expected)


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("12+7=19", []),
        ("12+7=20", ["12+7=20"]),
        ("1/3=0.333", []),
        ("1/3=0.33", []),
        ("1/3=0.35", ["1/3=0.35"]),
        ("10/3=3", ["10/3=3"]),
        ("6/0=3", ["6/0=3"]),
        ("12+7=19+5=24", ["12+7=19+5"]),
        ("50% * 20 = 10", []),
        ("<<2*x=4>>", ["2**=4"]),
        ("9**9**9**9=1", ["9**9**9**9=1"]),
        ("2^10=1024", []),
    ],
)
def test_wrong_equations_are_those_that_do_not_work_out(text: str, wrong: list[str]) -> None:
    assert wrong_equations(text) == wrong


@pytest.mark.parametrize(
    "text",
    [
        r"\(60 \times 24 = 1440\)",
        "(7 x 3 = 21) eggs",
        "(so 7 x 3 = 21) eggs",
        "x^2 = 5 + 4 = 9",
        "2^{3} = 4 + 4 = 8",
        "12 slices * 1/3 = 4 slices",
        "1 1/2 * 4 = 6",
        "10 / 4 = 2 remainder 2",
        "10 / 4 = 2 R2",
        "5+2(3)=11",
        "(2)(3) = 6",
        "x + 40 - 40 = 180 - 40",
        "f(2) + 3 = 10",
        "sqrt(9 + 7) = 4",
        r"\sqrt{9+7} = 4",
        r"\frac{6+2}{4} = 2",
        "3 * 4 = 12x",
        "2 + 3 = 5x + 1",
        "2 / 5 * 100 = 40%",
        "20 + 10% = 22",
        "3 * 4 = 1.2 thousand",
        "At 1:30 + 2 = 3:30",
        "10/3 = 3.33",
        "2y + 3 = 13",
        "2 * 3 * n = 12",
    ],
)
def test_equations_that_may_be_read_wrongly_are_not_reported(text: str) -> None:
    assert wrong_equations(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "3 + 4 = 8",
        "She pays 6 * 7 = 44 dollars.",
        r"\(60 \times 24 = 1400\)",
        "(7 x 3 = 22) eggs",
        "x = 5 + 4 = 8",
        "1 1/2 * 4 = 7",
        "5+2(3)=12",
        r"So $\frac{1}{2} \cdot 4 = 3$.",
    ],
)
def test_equations_that_are_surely_wrong_are_reported(text: str) -> None:
    assert len(wrong_equations(text)) == 1


@pytest.mark.parametrize(
    "text", ["", "1+", "(1", "1)", "1/0", "9**9**9", "abs(1)", "__import__", "(" * 150, "1" * 201, "(-8)^0.5"]
)
def test_what_is_no_arithmetic_is_unparsed(text: str) -> None:
    with pytest.raises(Unparsed):
        value(text)


@given(
    st.recursive(
        st.integers(0, 99).map(str),
        lambda inner: st.builds("({}{}{})".format, inner, st.sampled_from("+-*"), inner),
        max_leaves=12,
    )
)
def test_arithmetic_has_python_s_precedence(text: str) -> None:
    bare = text.replace("(", "", 1).replace(")", "", 1) if text.count("(") == 1 else text
    assert value(bare) == pytest.approx(eval(bare))  # of text that this test made itself


@given(st.text("0123456789+-*/=()., $%x<>^\n", max_size=300))
def test_no_text_makes_it_fail(text: str) -> None:
    assert set(wrong_equations(text)) <= set(equations(text))


@pytest.mark.parametrize("part", ["1+", "(", "1 ", "1,", "1+1=", "-", "1", "<<", "$", "1*(-"])
def test_long_hostile_text_is_quick(part: str) -> None:
    begun = time.process_time()
    wrong_equations(part * 10_000)
    assert time.process_time() - begun < 2
