"""What a dataset takes and gives, at most: its rows, and the calls that it makes of models."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from assets.building.declared import Dataset

# tokens of a prompt with its template, and of the question that a judge is asked around texts
PROMPT, QUESTION = 200, 300
# an answer that is one token, and one where a dataset's settings do not bound it
CHOICE, ANSWER = 1, 512


@dataclass(frozen=True)
class SuiteRows:
    """Items of a suite with their variants, the turns of their conversations, and their choices."""

    items: int = 0
    turns: int = 0
    choices: int = 0


@dataclass(frozen=True)
class Rows:
    """Rows to train on, rows that are held out, and of how many problems they are where they are of some.

    Samples count their policies, items of evaluations count by suite, and questions count those on passages.
    """

    train: int
    held_out: int = 0
    problems: int | None = None
    policies: int = 1
    suites: Mapping[str, SuiteRows] = field(default_factory=dict)
    passages: int = 0

    @property
    def all(self) -> int:
        """Both."""
        return self.train + self.held_out

    def at_most(self, each: int | None) -> int:
        """Of the rows to train on, at most so many of each problem."""
        return self.train if each is None or self.problems is None else min(self.train, each * self.problems)


@dataclass(frozen=True)
class Asked:
    """Calls that an asset makes of a model, and the tokens that each reads and writes at most."""

    model: str
    calls: int
    reads: int
    writes: int


@dataclass(frozen=True)
class Amount:
    """What an asset takes and gives, at most."""

    rows: Rows
    asked: tuple[Asked, ...] = ()


class UnknownRows(Exception):
    """A dataset has no version, and nothing tells how many rows it will have."""


class Inputs:
    """The inputs of a dataset by role: how many rows they have; none where a role is empty."""

    def __init__(self, dataset: Dataset, known: Mapping[str, Rows]) -> None:
        self._dataset, self._known = dataset, known

    def __getitem__(self, role: str) -> Rows:
        """Rows of all datasets in the role; raises UnknownRows where one's are not known."""
        names = self._dataset.inputs.get(role, ())
        if not self._known.keys() >= set(names):
            raise UnknownRows
        found = [self._known[name] for name in names]
        problems = [each.problems for each in found if each.problems is not None]
        train, held_out = sum(each.train for each in found), sum(each.held_out for each in found)
        return Rows(
            train,
            held_out,
            sum(problems) if len(problems) == len(found) else None,
            max((each.policies for each in found), default=1),
            {suite: counts for each in found for suite, counts in each.suites.items()},
            sum(each.passages for each in found),
        )

    def prompts(self) -> Rows:
        """Red-team and helpful prompts together, of the prompt sets or of a round."""
        sets = [self[role] for role in ("red_team_prompts", "helpful_prompts", "round_prompts")]
        return Rows(sum(each.train for each in sets), sum(each.held_out for each in sets))
