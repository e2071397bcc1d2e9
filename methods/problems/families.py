"""Problems of our own with gold answers and gold steps: sums, two-step word problems, comparisons."""

import random
import tomllib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, model_validator

from datasets_registry.errors import BadInput
from datasets_registry.hashing import content_id, derive_seed
from datasets_registry.importing.groups import split_group
from datasets_registry.rows.imported import Problem
from datasets_registry.settings import Settings
from methods.method import Inputs, Method, Models

_APPLIED = {"+": lambda a, b: a + b, "-": lambda a, b: a - b, "*": lambda a, b: a * b}


@dataclass(frozen=True)
class Written:
    """The lines of a solution, the last of which gives the answer."""

    lines: tuple[str, ...]
    answer: str


def running(numbers: Sequence[int], operations: Sequence[str]) -> list[int]:
    """The results after each operation, one fewer than ``numbers``."""
    total, results = numbers[0], []
    for operation, number in zip(operations, numbers[1:], strict=True):
        total = _APPLIED[operation](total, number)
        results.append(total)
    return results


def written(numbers: Sequence[int], operations: Sequence[str], *, symbols: bool) -> Written:
    """The chain as lines such as ``12+7=19``, and ``A:19`` or ``Answer: 19`` at the end."""
    gap, marker = ("", "A:") if symbols else (" ", "Answer: ")
    results = running(numbers, operations)
    lines = [
        f"{before}{gap}{operation}{gap}{number}{gap}={gap}{after}"
        for before, operation, number, after in zip(
            (numbers[0], *results), operations, numbers[1:], results, strict=False
        )
    ]
    return Written((*lines, f"{marker}{results[-1]}"), str(results[-1]))


STORIES = Path(__file__).with_name("word_problems.toml")
SOURCE, LICENCE = "Trimtab problem families", "Apache-2.0"
# held out by its group alone, so that asking for more problems moves none to the other split
EVALUATION_SHARE = 0.25
# draws in a row that give nothing new before a family counts as exhausted
FRUITLESS = 5_000


class FamilySettings(Settings):
    """How many problems of one kind, over which numbers, and how they are written.

    ``sizes`` are the difficulties: how many numbers are added, or stand on each side of a comparison.
    ``symbols`` writes in the 19 characters of the lab policy, ``words`` in English.
    """

    family: Literal["sums", "word_problems", "comparisons"]
    train: int = Field(ge=0)
    evaluation: int = Field(ge=0)
    least: int = Field(1, ge=0)
    greatest: int = Field(20, ge=1)
    sizes: tuple[int, ...] = Field((2, 3, 4, 5), min_length=1)
    style: Literal["symbols", "words"] = "words"

    @model_validator(mode="after")
    def _can_be_written(self) -> "FamilySettings":
        if self.greatest <= self.least:
            raise ValueError(f"greatest {self.greatest} is not above least {self.least}: widen the range")
        if self.style == "symbols" and self.family != "sums":
            raise ValueError(f"{self.family} cannot be written in symbols: take style = 'words'")
        if any(one < 2 for one in self.sizes):
            raise ValueError(f"sizes {list(self.sizes)} has one below 2: a sum needs two numbers")
        return self

    @property
    def name(self) -> str:
        """What problems say they are; sums in symbols are a kind of their own, which the lab can read."""
        return f"symbol_{self.family}" if self.style == "symbols" else self.family


class ProblemSettings(Settings):
    """The families of a problem set, and the seed that draws them."""

    families: tuple[FamilySettings, ...] = Field(min_length=1)
    seed: int = 0


Draft = tuple[str, str, Written, int]
_Make = Callable[[random.Random, FamilySettings, int], Draft | None]


def make_problems(settings: ProblemSettings) -> list[Problem]:
    """The problems of all families, each once; more of a family leave those there are as they were.

    Raises BadInput where a family has fewer problems than wanted.
    """
    found: dict[str, Problem] = {}
    for one in settings.families:
        for problem in _family(one, settings.seed):
            found.setdefault(problem.problem_id, problem)
    return list(found.values())


def make_problem_set(inputs: Inputs, models: Models, settings: ProblemSettings) -> list[Problem]:
    """The problems of all families; raises BadInput where a family has fewer problems than wanted."""
    return make_problems(settings)


PROBLEMS = Method(make_problem_set, ProblemSettings, Problem)


def _family(settings: FamilySettings, seed: int) -> Iterator[Problem]:
    wanted = {"train": settings.train, "evaluation": settings.evaluation}
    seen: set[str] = set()
    turn, fruitless = 0, 0
    turns = random.Random(
        derive_seed(seed, settings.family, settings.style, settings.least, settings.greatest)
    )
    while any(wanted.values()):
        size = settings.sizes[turn % len(settings.sizes)]
        turn += 1
        draft = _MAKERS[settings.family](turns, settings, size)
        problem = _problem(settings, draft) if draft else None
        fruitless += 1
        if fruitless > FRUITLESS:
            raise BadInput(_exhausted(settings, wanted))
        if problem is None or problem.problem_id in seen or not wanted[problem.split]:
            continue
        fruitless = 0
        seen.add(problem.problem_id)
        wanted[problem.split] -= 1
        yield problem


def _exhausted(settings: FamilySettings, wanted: dict[str, int]) -> str:
    left = " and ".join(f"{number} for {split}" for split, number in wanted.items() if number)
    return (
        f"family {settings.family} over {settings.least} to {settings.greatest} in sizes "
        f"{list(settings.sizes)} has no more problems, and {left} are wanted: ask for fewer, or widen it"
    )


def _problem(settings: FamilySettings, draft: Draft) -> Problem:
    prompt, group, steps, difficulty = draft
    group = split_group(group)
    held_out = derive_seed("split", group) % 10_000 < EVALUATION_SHARE * 10_000
    return Problem(
        problem_id=content_id(prompt, steps.answer),
        prompt=prompt,
        answer=steps.answer,
        solution="\n".join(steps.lines),
        steps=list(steps.lines),
        family=settings.name,
        difficulty=difficulty,
        split="evaluation" if held_out else "train",
        split_group=group,
        source=SOURCE,
        licence=LICENCE,
    )


def _numbers(turns: random.Random, settings: FamilySettings, count: int) -> list[int]:
    return [turns.randint(settings.least, settings.greatest) for _ in range(count)]


def _sum(turns: random.Random, settings: FamilySettings, size: int) -> Draft:
    """A sum; all orders of the same numbers are one group."""
    numbers = _numbers(turns, settings, size)
    symbols = settings.style == "symbols"
    steps = written(numbers, ["+"] * (size - 1), symbols=symbols)
    asked = ("+" if symbols else " + ").join(map(str, numbers))
    prompt = f"{asked}=?" if symbols else f"What is {asked}?"
    return prompt, " ".join(map(str, sorted(numbers))), steps, size


def _story(turns: random.Random, settings: FamilySettings, size: int) -> Draft | None:
    """A two-step story; the same numbers under the same story are one group, whoever it is about."""
    stories = _stories()
    place = turns.randrange(len(stories["stories"]))
    told = stories["stories"][place]
    a, b, c = numbers = _numbers(turns, settings, 3)
    if any(value < 1 for value in running(numbers, told["operations"])):
        return None
    name, things = turns.choice(stories["names"]), turns.choice(stories["things"])
    prompt = told["text"].format(name=name, things=things, a=a, b=b, c=c)
    return prompt, f"story {place} {a} {b} {c}", written(numbers, told["operations"], symbols=False), 2


def _comparison(turns: random.Random, settings: FamilySettings, size: int) -> Draft | None:
    """Which of two sums is larger; sides that are equal make no problem."""
    left, right = _numbers(turns, settings, size), _numbers(turns, settings, size)
    if sum(left) == sum(right):
        return None
    sides = [" + ".join(map(str, one)) for one in (left, right)]
    first, second = (written(one, ["+"] * (size - 1), symbols=False) for one in (left, right))
    sign = ">" if sum(left) > sum(right) else "<"
    told = [*first.lines[:-1], *second.lines[:-1], f"{sum(left)} {sign} {sum(right)}"]
    answer = str(max(sum(left), sum(right)))
    prompt = f"Which is larger, {sides[0]} or {sides[1]}? Give the larger value."
    ordered = sorted(" ".join(map(str, sorted(one))) for one in (left, right))
    return prompt, " or ".join(ordered), Written((*told, f"Answer: {answer}"), answer), size


_MAKERS: dict[str, _Make] = {"sums": _sum, "word_problems": _story, "comparisons": _comparison}


@cache
def _stories() -> dict[str, Any]:
    content: dict[str, Any] = tomllib.loads(STORIES.read_text(encoding="utf-8"))
    return content
