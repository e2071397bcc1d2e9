"""A hundred solutions of each of four styles, composed of varied fragments, are split into whole steps."""

import random
from collections.abc import Callable, Sequence

import pytest

from methods.reading.steps import split

LEAST = 95
OPENINGS = [
    "",
    "",
    "Let us begin.",
    "We are given two numbers.",
    "**Solution.** First we look at what is asked.",
]
SENTENCES = [
    "She has {a} apples and buys {b} more, so she has {a} + {b} = {c}.",
    "Since $x + {a} = {c}$, we get $x = {b}$.",
    "Half of {a} is taken away (that is, {a}/2), e.g. on Monday.",
    "The price is \\${a}.50 for each of the {b} tickets.",
    "By the formula $A = \\frac{{1}}{{2}} b h$ with $b = {a}$ and $h = {b}$, the area follows.",
    "Therefore, {a}% of {b} students stay.",
    "Note that {a} is {b} more than the rest!",
    "What remains? Only {c} of them.",
    "- {a} red ones\n- {b} blue ones",
    "Substituting gives {a}y = {b}, hence y = {b}/{a}.",
    "Call this number $n_{a}$; then $n_{a} \\ge {b}$.",
    "The ratio is {a}:{b}.",
]
FORMULAS = [
    "\\[\n{a} + {b} = {c}\n\\]",
    "\\[ {a} + {b} = {c}. \\]",
    "$$\n{a} \\cdot x = {b}\n$$",
    "$${a}^2 - {b} = {c}$$",
    "\\begin{{align*}}\n{a} + {b} &= {c} \\\\\n{c} - {b} &= {a}\n\\end{{align*}}",
    "\\[\n\\begin{{pmatrix}} {a} \\\\ {b} \\end{{pmatrix}}\n\\]",
]
TAILS = ["", "", "\nwhich is what we need.", "\nso the sum is known.", ", as before."]
ENDINGS = [
    "Answer: {c}",
    "**Answer:** {c}",
    "So the answer is $\\boxed{{{c}}}$.",
    "#### {c}",
    "\\[ \\boxed{{{c}}} \\]",
]
NUMBERS = [
    "{n}. ",
    "{n}) ",
    "Step {n}: ",
    "**Step {n}:** ",
    "**{n}.** ",
    "### Step {n}: ",
    "({n}) ",
    "{n}. **Find it**: ",
]
BREAKS = ["\n\n", "\n\n", "\n\n\n", "\n \n"]


def filled(drawn: random.Random, fragment: str) -> str:
    """The fragment with numbers."""
    first, second = drawn.randint(2, 99), drawn.randint(2, 99)
    return fragment.format(a=first, b=second, c=first + second)


def sentences(drawn: random.Random, least: int, most: int) -> list[str]:
    """So many different sentences."""
    return [filled(drawn, text) for text in drawn.sample(SENTENCES, drawn.randint(least, most))]


def by_line(drawn: random.Random) -> list[str]:
    """One line a step; the answer may stand behind a blank line."""
    lines = [line for line in sentences(drawn, 2, 7) if "\n" not in line] or ["It is so."]
    opening = drawn.choice(OPENINGS)
    return ["\n".join([*([opening] if opening else []), *lines]), drawn.choice(["\n", "\n\n"])]


def by_paragraph(drawn: random.Random) -> list[str]:
    """Paragraphs of one to three sentences, some on lines of their own."""
    paragraphs = [drawn.choice([" ", "\n"]).join(sentences(drawn, 1, 3)) for _ in range(drawn.randint(2, 6))]
    return [drawn.choice(BREAKS).join(paragraphs), "\n\n"]


def numbered(drawn: random.Random) -> list[str]:
    """Numbered steps of several lines, close together or with blank lines between and within."""
    form, gap = drawn.choice(NUMBERS), drawn.choice(["\n", "\n\n"])
    inner = drawn.choice(["\n   ", "\n\n   ", " "])
    steps = [
        form.format(n=number) + inner.join(sentences(drawn, 1, 3)) for number in range(1, drawn.randint(3, 7))
    ]
    opening = drawn.choice(OPENINGS)
    return [gap.join([*([opening] if opening else []), *steps]), "\n\n"]


def displayed(drawn: random.Random) -> list[str]:
    """Sentences that run through displayed formulas."""
    steps = [
        sentence
        + drawn.choice(["\n", "\n\n", " "])
        + filled(drawn, drawn.choice(FORMULAS))
        + drawn.choice(TAILS)
        for sentence in sentences(drawn, 2, 5)
    ]
    return [drawn.choice(["\n\n", "\n"]).join(steps), "\n\n"]


STYLES: dict[str, Callable[[random.Random], list[str]]] = {
    "one line a step": by_line,
    "paragraphs": by_paragraph,
    "numbered steps": numbered,
    "displayed formulas": displayed,
}


def solutions(style: str) -> list[str]:
    """A hundred different solutions of a style."""
    drawn = random.Random(style)
    found: dict[str, None] = {}
    while len(found) < 100:
        body, gap = STYLES[style](drawn)
        ending = filled(drawn, drawn.choice(ENDINGS)) + drawn.choice(["", "", "\n", "\n\n", " "])
        found[body + gap + ending] = None
    return list(found)


def whole(steps: Sequence[str]) -> bool:
    """Whether there are several steps, none of them blank, and no formula is cut in two."""
    marks = (("\\[", "\\]"), ("\\begin{", "\\end{"))
    return (
        len(steps) > 1
        and all(step.strip() for step in steps)
        and all(step.count(first) == step.count(last) for step in steps for first, last in marks)
        and all(step.count("$$") % 2 == 0 for step in steps)
    )


@pytest.mark.parametrize("style", STYLES)
def test_nearly_all_solutions_of_a_style_have_whole_steps(style: str) -> None:
    parted = [(solution, split(solution, "steps")) for solution in solutions(style)]
    good = [
        whole(parts.steps) and parts.failure is None and parts.separator.join(parts.steps) == solution
        for solution, parts in parted
    ]
    assert len(parted) == 100 and good.count(True) >= LEAST


@pytest.mark.parametrize("style", STYLES)
def test_the_answer_is_the_last_step(style: str) -> None:
    last = [split(solution, "steps").steps[-1] for solution in solutions(style)]
    assert sum("\n\n" not in step.strip() and len(step.strip()) < 50 for step in last) >= LEAST
