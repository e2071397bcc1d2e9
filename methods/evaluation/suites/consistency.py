"""Consistency: the same question in five wordings, and whether the answers agree and are right in each."""

import random
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import Field

from datasets_registry.rows.evaluation import EvaluationItem, Grade
from datasets_registry.settings import Settings
from methods.evaluation.conversations import converse
from methods.evaluation.items import own_item, own_lines, said
from methods.evaluation.measures import Measure, share
from methods.evaluation.suite import Answered, Grading, Suite

NAME, ANSWER = "consistency", "answer"
YES_OR_NO = ["yes", "no"]
_FILE = Path(__file__).with_name("consistency.jsonl")
_SUMS: Mapping[str, tuple[Callable[[int, int], int], tuple[str, ...]]] = {
    "plus": (
        lambda a, b: a + b,
        (
            "What is {a} plus {b}?",
            "Add {b} to {a}. What is the result?",
            "Find the sum of {a} and {b}.",
            "How much do {a} and {b} make together?",
            "Compute {a} + {b}.",
        ),
    ),
    "minus": (
        lambda a, b: a - b,
        (
            "What is {a} minus {b}?",
            "Subtract {b} from {a}. What is the result?",
            "Find the difference when {b} is taken away from {a}.",
            "How much is left of {a} after {b} is removed?",
            "Compute {a} - {b}.",
        ),
    ),
    "times": (
        lambda a, b: a * b,
        (
            "What is {a} times {b}?",
            "Multiply {a} by {b}. What is the result?",
            "Find the product of {a} and {b}.",
            "How much do {b} groups of {a} make together?",
            "Compute {a} * {b}.",
        ),
    ),
}
_SUMS_OF_A_KIND = 10
_NUMBER = re.compile(r"(?<![\w.,])-?\d+(?:,\d{3})*(?:\.\d+)?(?!\w|[.,]\d)")
_SPACE = re.compile(r"[^\w']+")


class _Question(Settings):
    """A line of our file."""

    category: Literal["choice", "yes or no", "number"]
    wordings: list[str] = Field(min_length=5, max_length=5)
    choices: list[str]
    gold: str


def make_items() -> list[EvaluationItem]:
    """Our questions, and sums whose wordings are templates."""
    questions = own_lines(_FILE, _Question)
    lines = [(line.category, line.wordings, line.choices, line.gold) for line in questions]
    return [item for line in (*lines, *_sums()) for item in _variants(*line)]


def _sums() -> Iterator[tuple[str, list[str], list[str], str]]:
    numbers = random.Random(0)
    for kind, (calculate, templates) in _SUMS.items():
        for _ in range(_SUMS_OF_A_KIND):
            a, b = numbers.randint(50, 99), numbers.randint(11, 49)
            if kind == "times":
                a, b = numbers.randint(11, 39), numbers.randint(3, 9)
            wordings = [template.format(a=a, b=b) for template in templates]
            yield "sums", wordings, [], str(calculate(a, b))


def _variants(
    category: str, wordings: Sequence[str], choices: Sequence[str], gold: str
) -> Iterator[EvaluationItem]:
    for number, wording in enumerate(wordings, 1):
        yield own_item(
            NAME,
            said(f"{wording} {_form(choices)}"),
            content=[list(wordings), list(choices)],
            variant=f"wording {number}",
            category=category,
            choices=list(choices),
            gold=[gold],
        )


def _form(choices: Sequence[str]) -> str:
    """How to answer: the same for all wordings of a question."""
    if not choices:
        return "Answer with the number alone, in digits."
    if choices == YES_OR_NO:
        return "Answer yes or no alone."
    return f"Answer with one of these alone: {', '.join(choices)}."


def read_choice(text: str, choices: Sequence[str]) -> str | None:
    """The one choice that a text names in its words; None where it names none, several, or what it is not."""
    words = f" {' '.join(_words(text))} "
    named = [choice for choice in choices if f" {_named(choice)} " in words]
    if len(named) != 1:
        return None
    denied = re.search(rf" not (?:the |an? )?{re.escape(_named(named[0]))} ", words)
    return None if denied else named[0]


def _words(text: str) -> list[str]:
    return _SPACE.sub(" ", text.casefold().replace("’", "'")).split()


@cache
def _named(choice: str) -> str:
    return " ".join(_words(choice)).removeprefix("the ")


def read_number(text: str) -> str | None:
    """The one number that a text gives, or behind its last equals sign; None where there is no such one."""
    numbers = {_plain(number) for number in _NUMBER.findall(text.rpartition("=")[2])}
    return numbers.pop() if len(numbers) == 1 else None


def _plain(number: str) -> str:
    digits = number.replace(",", "")
    return digits.rstrip("0").rstrip(".") if "." in digits else digits


def make_grades(answered: Sequence[Answered], grading: Grading) -> list[list[Grade]]:
    """What each answer says, and 1 where that is right."""
    return [[_grade(each)] for each in answered]


def _grade(answered: Answered) -> Grade:
    choices, text = answered.item.choices, answered.text
    word = read_choice(text, choices) if choices else read_number(text)
    if word is None:
        kind = "choice" if choices else "number"
        return Grade(name=ANSWER, value=None, failure=f"the answer does not name one {kind}", keys=[])
    return Grade(name=ANSWER, value=float(word in answered.item.gold), word=word, keys=[])


def make_figures(answered: Sequence[Answered]) -> Iterator[Measure]:
    """Agreement and accuracy over wordings, of the whole suite and of each category."""
    yield from _figures(answered)
    categories = sorted({each.answer.category for each in answered})
    for category in categories if len(categories) > 1 else ():
        part = [each for each in answered if each.answer.category == category]
        yield from (measure.within(category) for measure in _figures(part))


def _figures(answered: Sequence[Answered]) -> Iterator[Measure]:
    grades = [(each.answer.cluster, each.answer.item_id, each.grade(ANSWER)) for each in answered]
    by_item: dict[tuple[str, str], list[Grade]] = {}
    for cluster, item_id, grade in grades:
        if grade is not None:
            by_item.setdefault((cluster, item_id), []).append(grade)
    num_unread = sum(grade is None for _, _, grade in grades)
    # one reading alone agrees with nothing
    items = [(cluster, read) for (cluster, _), read in by_item.items() if len(read) > 1]
    known = [(cluster, read) for cluster, read in items if any(grade.value for grade in read)]

    def over(metric: str, values: Iterable[tuple[str, float]]) -> Measure:
        better: Literal["higher", "lower"] = "lower" if metric == "spread" else "higher"
        return share(metric, better, list(values), num_unread)

    yield over("agreement", ((cluster, agreement(read)) for cluster, read in items))
    yield over("agreement_where_ever_right", ((cluster, agreement(read)) for cluster, read in known))
    rights = [(cluster, [grade.value or 0.0 for grade in read]) for cluster, read in items]
    yield over("accuracy", ((cluster, right) for cluster, values in rights for right in values))
    yield over("worst_accuracy", ((cluster, min(values)) for cluster, values in rights))
    yield over("spread", ((cluster, max(values) - min(values)) for cluster, values in rights))


def agreement(read: Sequence[Grade]) -> float:
    """The share of pairs of wordings that are answered alike: Σ n (n − 1) / (m (m − 1)) over answers."""
    counts, num_read = Counter(grade.word for grade in read), len(read)
    return sum(count * (count - 1) for count in counts.values()) / (num_read * (num_read - 1))


CONSISTENCY = Suite(
    name=NAME,
    measures="whether answers stay the same, and right, when questions are reworded",
    items=make_items,
    ask=converse,
    grade=make_grades,
    figures=make_figures,
)
