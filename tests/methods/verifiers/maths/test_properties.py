r"""Each kind on inputs of its own making: variables, powers, names, bold, boxes, thoughts, units, ranges."""

import string

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from methods.verifiers.contract import VerifierSettings
from methods.verifiers.maths.comparison import difference
from methods.verifiers.verifier import verifier

VERIFY = verifier(VerifierSettings(kind="maths"))
LETTERS = [letter for letter in string.ascii_letters if letter not in "eidEIOSQN"]
VARIABLES = st.sampled_from([*LETTERS, "\\alpha", "\\beta", "\\theta", "\\lambda", "\\pi"])
SMALL, WHOLE = st.integers(2, 99), st.integers(-(10**6), 10**6)
PROSE = st.lists(
    st.sampled_from(
        ["We add.", "So $x$ is even.", "Hence 3 + 4 = 7.", "Now halve it.", "\\boxed{}", "**Note:** odd."]
    ),
    max_size=5,
).map("\n".join)
EMPHASES = ("**{}**", "__{}__", "*{}*", "***{}***", "`{}`", "**${}$**", "$\\mathbf{{{}}}$", "\\textbf{{{}}}")


def equal(answer: str, gold: str) -> bool:
    """Whether both are one answer, from either side."""
    same = difference(answer, gold, 1e-6) is None
    assert same == (difference(gold, answer, 1e-6) is None)
    return same


@settings(max_examples=30)
@given(SMALL, VARIABLES, VARIABLES)
def test_variables_are_told_apart(number: int, first: str, second: str) -> None:
    mine, theirs = f"{number}{first} + 1", f"{number}{second} + 1"
    assert equal(mine, theirs) == (first == second)
    assert equal(mine, f"1 + {first} \\cdot {number}")
    for written in (f"{number}{first}", f"{first}{number}", f"{number}{first}^2"):
        assert not equal(written, f"{number}")


@settings(max_examples=30)
@given(VARIABLES, SMALL, st.integers(1, 9), st.integers(1, 9), st.sampled_from(["^{}", "^{{{}}}"]))
def test_powers_are_told_apart(variable: str, number: int, mine: int, theirs: int, form: str) -> None:
    first, second = (f"{number}{variable}{form.format(power)}" for power in (mine, theirs))
    assert equal(first, second) == (mine == theirs)
    assert equal(f"{number}\\text{{ cm}}^{mine}", f"{number} cm^{{{theirs}}}") == (mine == theirs)


@given(st.lists(st.sampled_from(LETTERS), min_size=2, max_size=4, unique=True), st.data())
def test_names_keep_their_values(names: list[str], data: st.DataObject) -> None:
    values = [data.draw(SMALL) for _ in names]
    gold = ", ".join(f"{name}={value}" for name, value in zip(names, values, strict=True))
    order = data.draw(st.permutations(range(len(names))))
    named = " and ".join(f"${names[place]} = {values[place]}$" for place in order)
    assert equal(named.replace("$", ""), gold)
    turned = [values[-1], *values[:-1]]
    moved = ", ".join(f"{name}={value}" for name, value in zip(names, turned, strict=True))
    assert equal(moved, gold) == (turned == values)
    assert not equal(f"{names[0]}={values[0]}", f"{names[1]}={values[0]}")
    listed = f"({','.join(names)}) = ({','.join(map(str, values))})"
    assert equal(listed, gold)


@given(PROSE, st.sampled_from(EMPHASES), WHOLE, WHOLE, st.sampled_from([".", "", " apples.", "\n"]))
def test_bold_answers_are_read(prose: str, emphasis: str, right: int, other: int, behind: str) -> None:
    shown = emphasis.format(right)
    for end in (
        f"The answer is {shown}{behind}",
        f"Answer: {shown}{behind}",
        f"The answer is: {shown}{behind}",
    ):
        assert VERIFY(f"{prose}\n{end}", str(right)).accepted
        assert VERIFY(f"{prose}\n{end}", str(other)).accepted == (right == other)


@given(
    PROSE,
    WHOLE,
    WHOLE,
    st.sampled_from(["", "x = ", "\\text{Answer: }"]),
    st.sampled_from(["", "\\text{ cm}", ","]),
)
def test_the_last_box_is_the_answer(prose: str, right: int, other: int, before: str, behind: str) -> None:
    text = f"{prose}\nSo \\[ \\boxed{{{before}{right}}}{behind} \\] as was asked."
    assert VERIFY(text, str(right)).accepted
    assert VERIFY(text, str(other)).accepted == (right == other)
    two = f"\\boxed{{{other}}} or perhaps\n\n\\boxed{{{right}}}"
    assert VERIFY(two, str(right)).accepted == (right == other)


@given(PROSE, WHOLE, WHOLE, st.integers(0, 3))
def test_thoughts_are_never_read(prose: str, right: int, other: int, count: int) -> None:
    thought = f"<think>\n{prose}\nAnswer: {other}\nOr \\boxed{{{other}}}\n</think>\n"
    text = f"{thought * count}{prose}\nAnswer: {right}"
    assert VERIFY(text, str(right)).accepted
    assume(other != right and count)
    assert not VERIFY(text, str(other)).accepted
    assert not VERIFY(thought * count, str(other)).accepted
    assert not VERIFY(f"{text}\n<think>\nAnswer: {right}", str(right)).accepted


@given(WHOLE, WHOLE, st.sampled_from(["<", "\\le ", "\\leq "]), st.sampled_from(["<", "\\le ", "\\leq "]))
def test_a_range_is_its_interval(low: int, high: int, first: str, second: str) -> None:
    assume(low < high)
    brackets = ("(" if first == "<" else "[", ")" if second == "<" else "]")
    written = f"{low} {first} x {second} {high}"
    for opening in "([":
        for closing in ")]":
            same = (opening, closing) == brackets
            assert equal(written, f"{opening}{low}, {high}{closing}") == same
            assert equal(f"x \\in {opening}{low},{high}{closing}", written) == same


@given(WHOLE.filter(bool), st.integers(2, 99), st.integers(1, 98))
def test_mixed_numbers_are_sums(whole: int, below: int, above: int) -> None:
    assume(above < below)
    total = abs(whole) * below + above
    sign = "-" if whole < 0 else ""
    for written in (
        f"{whole} {above}/{below}",
        f"{whole}\\frac{{{above}}}{{{below}}}",
        f"{whole}\\tfrac{{{above}}}{{{below}}}",
    ):
        assert equal(written, f"{sign}\\frac{{{total}}}{{{below}}}")
        assert not equal(written, f"{whole * above}/{below}") or whole * above == int(f"{sign}{total}")


@given(st.lists(SMALL, min_size=2, max_size=6), st.randoms())
def test_lists_count_and_tuples_keep_their_order(values: list[int], random: object) -> None:
    shuffled = list(values)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    listed, mixed = (", ".join(map(str, order)) for order in (values, shuffled))
    assert difference(mixed, listed, 1e-6) is None
    assert difference(f"\\{{{mixed}\\}}", listed, 1e-6) is None
    assert (difference(f"({mixed})", f"({listed})", 1e-6) is None) == (shuffled == values)
    assert difference(f"({listed})", f"\\{{{listed}\\}}", 1e-6) is not None
    assert difference(f"{listed}, {values[0]}", listed, 1e-6) is not None


@given(st.integers(0, 10**6), st.integers(2, 16), st.integers(2, 16))
def test_digits_in_two_bases_differ(digits: int, mine: int, theirs: int) -> None:
    equal = difference(f"{digits}_{{{mine}}}", f"{digits}_{{{theirs}}}", 1e-6) is None
    assert equal == (mine == theirs)
