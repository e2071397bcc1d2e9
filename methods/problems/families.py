"""Problem families: sums, word problems, comparisons, the largest of numbers; with gold answers and steps."""

import random
import tomllib
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Annotated, Literal, NamedTuple

from pydantic import Field, model_validator

from datasets_registry.errors import BadInput
from datasets_registry.hashing import content_id, derive_seed
from datasets_registry.importing.groups import split_group
from datasets_registry.rows.imported import Problem
from datasets_registry.settings import Distinct, Seed, Settings
from methods.method import Inputs, Method, Models
from methods.problems.wording import comparison_question, largest_question, sum_question

STORIES = Path(__file__).with_name("word_problems.toml")
SOURCE, LICENCE = "Trimtab problem families", "Apache-2.0"
# held out by its group alone, so that asking for more problems moves none to the other split
EVALUATION_SHARE = 0.25
# what stands before the answer on a solution's last line
ANSWER_MARK, ANSWER_WORD = "A:", "Answer: "
# drafts in a row that give nothing new before a family counts as exhausted
FRUITLESS = 5_000
_OPERATIONS: dict[str, Callable[[int, int], int]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
}


class FamilySettings(Settings):
    """How many problems of one kind, over which numbers, and in which style.

    ``sizes`` are the difficulties: how many numbers are added, are on each side of a comparison, or are
    given to take the largest of them.
    ``symbols`` writes in the 19 characters of the lab policy, ``words`` in English.
    """

    family: Literal["sums", "word_problems", "comparisons", "larger"]
    train: int = Field(ge=0)
    evaluation: int = Field(ge=0)
    least: int = Field(1, ge=0)
    greatest: int = Field(20, ge=1)
    sizes: Annotated[tuple[int, ...], Distinct] = Field((2, 3, 4, 5), min_length=1)
    style: Literal["symbols", "words"] = "words"

    @model_validator(mode="after")
    def _refuse_what_cannot_be_written(self) -> "FamilySettings":
        if self.greatest <= self.least:
            raise ValueError(f"greatest {self.greatest} is not above least {self.least}: widen the range")
        if self.style == "symbols" and self.family not in ("sums", "larger"):
            raise ValueError(f"{self.family} cannot be written in symbols: use style = 'words'")
        if min(self.sizes) < 2:
            raise ValueError(
                f"sizes {list(self.sizes)} include {min(self.sizes)}: a problem needs two numbers"
            )
        return self

    @property
    def name(self) -> str:
        """The family that problems name; one in symbols, which the lab policy can read, is its own."""
        return f"symbol_{self.family}" if self.style == "symbols" else self.family


class ProblemSettings(Settings):
    """The families of a problem set, and the seed of their problems."""

    families: tuple[FamilySettings, ...] = Field(min_length=1)
    seed: Seed = 0


class Story(Settings):
    """A word problem with gaps for three numbers, a name and things."""

    text: str
    operations: tuple[Literal["+", "-", "*"], ...]


class Stories(Settings):
    """All word problems, and what fills their gaps."""

    names: tuple[str, ...]
    things: tuple[str, ...]
    stories: tuple[Story, ...]


class Solution(NamedTuple):
    """The lines of a solution, the last of which gives the answer."""

    lines: tuple[str, ...]
    answer: str


class Draft(NamedTuple):
    """A problem without a split; all drafts of one ``group`` go to the same split."""

    prompt: str
    group: str
    solution: Solution
    difficulty: int


def make_problem_set(inputs: Inputs, models: Models, settings: ProblemSettings) -> list[Problem]:
    """The problems of all families; raises BadInput where a family has fewer problems than requested."""
    return make_problems(settings)


def make_problems(settings: ProblemSettings) -> list[Problem]:
    """The problems of all families, each once; asking for more of a family keeps the others.

    Raises BadInput where a family has fewer problems than requested.
    """
    problems: dict[str, Problem] = {}
    for family in settings.families:
        for problem in _family(family, settings.seed):
            problems.setdefault(problem.problem_id, problem)
    return list(problems.values())


def _family(settings: FamilySettings, seed: int) -> Iterator[Problem]:
    missing = {"train": settings.train, "evaluation": settings.evaluation}
    seen: set[str] = set()
    turn, fruitless = 0, 0
    generator = random.Random(
        derive_seed(seed, settings.family, settings.style, settings.least, settings.greatest)
    )
    while any(missing.values()):
        size = settings.sizes[turn % len(settings.sizes)]
        turn += 1
        draft = _MAKERS[settings.family](generator, settings, size)
        problem = _problem(settings, draft) if draft else None
        fruitless += 1
        if fruitless > FRUITLESS:
            raise BadInput(_exhausted(settings, missing))
        if problem is None or problem.problem_id in seen or not missing[problem.split]:
            continue
        fruitless = 0
        seen.add(problem.problem_id)
        missing[problem.split] -= 1
        yield problem


def _exhausted(settings: FamilySettings, missing: dict[str, int]) -> str:
    numbers = " and ".join(f"{number} for {split}" for split, number in missing.items() if number)
    return (
        f"family {settings.family} over {settings.least} to {settings.greatest} in sizes "
        f"{list(settings.sizes)} has too few problems, {numbers} are missing: ask for fewer, or widen it"
    )


def _problem(settings: FamilySettings, draft: Draft) -> Problem:
    group = split_group(draft.group)
    held_out = derive_seed("split", group) % 10_000 < EVALUATION_SHARE * 10_000
    return Problem(
        problem_id=content_id(draft.prompt, draft.solution.answer),
        prompt=draft.prompt,
        answer=draft.solution.answer,
        solution="\n".join(draft.solution.lines),
        steps=list(draft.solution.lines),
        family=settings.name,
        difficulty=draft.difficulty,
        split="evaluation" if held_out else "train",
        split_group=group,
        source=SOURCE,
        licence=LICENCE,
    )


def _numbers(generator: random.Random, settings: FamilySettings, count: int) -> list[int]:
    return [generator.randint(settings.least, settings.greatest) for _ in range(count)]


def _sum(generator: random.Random, settings: FamilySettings, size: int) -> Draft:
    """A sum; all orders of the same numbers are one group."""
    numbers = _numbers(generator, settings, size)
    symbols = settings.style == "symbols"
    solution = chain(numbers, ["+"] * (size - 1), symbols=symbols)
    return Draft(sum_question(numbers, symbols=symbols), _sorted(numbers), solution, size)


def _word_problem(generator: random.Random, settings: FamilySettings, size: int) -> Draft | None:
    """A two-step story; the same numbers in the same story are one group, whoever it is about."""
    stories = _stories()
    position = generator.randrange(len(stories.stories))
    story = stories.stories[position]
    a, b, c = numbers = _numbers(generator, settings, 3)
    if any(value < 1 for value in running_results(numbers, story.operations)):
        return None
    name, things = generator.choice(stories.names), generator.choice(stories.things)
    prompt = story.text.format(name=name, things=things, a=a, b=b, c=c)
    solution = chain(numbers, story.operations, symbols=False)
    return Draft(prompt, f"story {position} {a} {b} {c}", solution, 2)


def _comparison(generator: random.Random, settings: FamilySettings, size: int) -> Draft | None:
    """A comparison of two sums; equal sides make no problem."""
    left, right = _numbers(generator, settings, size), _numbers(generator, settings, size)
    if sum(left) == sum(right):
        return None
    first, second = (chain(side, ["+"] * (size - 1), symbols=False) for side in (left, right))
    sign = ">" if sum(left) > sum(right) else "<"
    lines = [*first.lines[:-1], *second.lines[:-1], f"{sum(left)} {sign} {sum(right)}"]
    answer = str(max(sum(left), sum(right)))
    group = " or ".join(sorted(map(_sorted, (left, right))))
    solution = Solution((*lines, f"Answer: {answer}"), answer)
    return Draft(comparison_question(left, right), group, solution, size)


def _larger(generator: random.Random, settings: FamilySettings, size: int) -> Draft | None:
    """The largest of numbers of which no two are equal; all their orders are one group."""
    numbers = _numbers(generator, settings, size)
    if len(set(numbers)) < size:
        return None
    symbols, answer = settings.style == "symbols", str(max(numbers))
    solution = Solution(((ANSWER_MARK if symbols else ANSWER_WORD) + answer,), answer)
    question = largest_question(numbers, symbols=symbols)
    return Draft(question, f"largest {_sorted(numbers)}", solution, size)


_MAKERS: dict[str, Callable[[random.Random, FamilySettings, int], Draft | None]] = {
    "sums": _sum,
    "word_problems": _word_problem,
    "comparisons": _comparison,
    "larger": _larger,
}


def _sorted(numbers: Sequence[int]) -> str:
    return " ".join(map(str, sorted(numbers)))


@cache
def _stories() -> Stories:
    return Stories.model_validate(tomllib.loads(STORIES.read_text(encoding="utf-8")))


def running_results(numbers: Sequence[int], operations: Sequence[str]) -> list[int]:
    """The result after each operation, one fewer than ``numbers``."""
    total, results = numbers[0], []
    for operation, number in zip(operations, numbers[1:], strict=True):
        total = _OPERATIONS[operation](total, number)
        results.append(total)
    return results


def chain(numbers: Sequence[int], operations: Sequence[str], *, symbols: bool) -> Solution:
    """The calculation as lines such as ``12+7=19``, with ``A:19`` or ``Answer: 19`` at the end."""
    gap, marker = ("", ANSWER_MARK) if symbols else (" ", ANSWER_WORD)
    results = running_results(numbers, operations)
    lines = [
        f"{before}{gap}{operation}{gap}{number}{gap}={gap}{after}"
        for before, operation, number, after in zip(
            (numbers[0], *results), operations, numbers[1:], results, strict=False
        )
    ]
    return Solution((*lines, f"{marker}{results[-1]}"), str(results[-1]))


PROBLEMS = Method(make_problem_set, ProblemSettings, Problem)
