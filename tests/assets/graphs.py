"""What a profile declares, with its recipes and without Dagster; and its methods run on rows in memory."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from pydantic import ValidationError

from assets.building.declared import Dataset, Declared, Given, Released, Trained
from assets.building.grounds import Grounds
from assets.building.recipe import Recipe, recipe_of
from assets.pipelines.whole import declare
from assets.profile.profile import Profile
from datasets_registry.errors import BadInput
from datasets_registry.hashing import derive_seed
from datasets_registry.rows.imported import Demonstration, HumanPreference, Problem
from datasets_registry.rows.row import Row
from generation.completer import Completer
from generation.request import Completion, Request
from generation.scripted import Script, ScriptedBackend, chosen
from generation.spending import Meter
from methods.reading.thought import THINK, Marks
from methods.templates import template_path
from tests.assets.mutations import Content
from tests.methods.graphless import MemoryInputs, ModelsByRole, rows_of
from tests.rows import make

IMPORTED: Mapping[str, Sequence[Row]] = {
    "human_preferences": [make(HumanPreference, f"q{number}", rejected="no" * number) for number in range(8)],
    "demonstrations": [make(Demonstration, f"d{number}") for number in range(8)],
    # nobody has reviewed anything yet
    "human_reviews": [],
}


@dataclass(frozen=True)
class Declaration:
    """A profile, all that it declares and the recipe of each."""

    profile: Profile
    assets: Mapping[str, Declared]
    recipes: Mapping[str, Recipe]

    @cached_property
    def versions(self) -> dict[str, str]:
        """The version of each recipe."""
        return {name: recipe.version for name, recipe in self.recipes.items()}

    @property
    def datasets(self) -> dict[str, Dataset]:
        """The datasets, inputs before what is made from them."""
        return {name: asset for name, asset in self.assets.items() if isinstance(asset, Dataset)}

    def differing(self, other: "Declaration") -> set[str]:
        """The names whose recipes differ, or that only one of both has."""
        names = self.versions.keys() | other.versions.keys()
        return {name for name in names if self.versions.get(name) != other.versions.get(name)}


def declared(content: Content) -> Declaration:
    """What the content of a profile declares; raises ValidationError or BadInput where it is unusable."""
    profile = Profile.model_validate(content)
    grounds = Grounds(declare(profile))
    recipes = {asset.name: recipe_of(asset, grounds.reads[asset.name]) for asset in grounds.ordered}
    return Declaration(profile, {asset.name: asset for asset in grounds.ordered}, recipes)


def declared_or_none(content: Content) -> Declaration | None:
    """The same; None where the content, or a prompt template that it names, is unusable."""
    try:
        declaration = declared(content)
        return declaration if declaration.versions else None
    except (ValidationError, BadInput):
        return None


@dataclass(frozen=True)
class Outcome:
    """What one build asked of models, and the rows that came of it."""

    requests: Sequence[tuple[str, Request]]
    rows: Sequence[Row]


class _Unledgered(Completer):
    """A script without a ledger."""

    def __init__(self, backend: ScriptedBackend) -> None:
        self._scripted = self.backend = backend
        self.meter = Meter()

    def __call__(self, stage: str, requests: Sequence[Request]) -> list[Completion]:
        return self._scripted.in_order(stage, requests)


@dataclass(frozen=True)
class RecordedModel:
    """A model that answers by a script and notes down what it is asked; a token is a word."""

    name: str
    script: Script
    requests: list[tuple[str, Request]]
    folder: Path = field(default=Path("no weights"))
    base_folder: Path | None = None
    thought_marks: Marks = THINK

    @contextmanager
    def completer(self) -> Iterator[Completer]:
        """The script."""
        backend = ScriptedBackend(self.script, model=self.name)
        yield _Unledgered(backend)
        self.requests.extend((self.name, request) for request in backend.requests)

    def count_tokens(self, text: str) -> int:
        """The number of words."""
        return len(text.split())


def run(dataset: Dataset, rows: Mapping[str, Sequence[Row]], thinking: tuple[str, str] = THINK[0]) -> Outcome:
    """Run the method of ``dataset`` on the rows of its inputs; its models think between these marks."""
    requests: list[tuple[str, Request]] = []
    inputs = {role: [row for name in names for row in rows[name]] for role, names in dataset.inputs.items()}
    problems = [row for table in rows.values() for row in table if isinstance(row, Problem)]
    models = {
        role: [
            RecordedModel(
                name, answering(problems, name, thinking), requests, thought_marks=dataset.marks_of(name)
            )
            for name in names
        ]
        for role, names in dataset.models.items()
    }
    made = rows_of(dataset.method, dataset.settings, MemoryInputs(inputs), ModelsByRole(models))
    return Outcome(requests, made)


def answering(problems: Sequence[Problem], model: str, thinking: tuple[str, str] = THINK[0]) -> Script:
    """A model that solves half of its samples of problems, and gives words and choices by the request.

    It thinks before a third of its answers, and after some it begins to think again.
    """
    solutions = {problem.prompt: problem for problem in problems}

    def script(request: Request) -> str | Completion:
        number = derive_seed(model, request.noise_key)
        if request.choices:
            weights = [1 + derive_seed(number, choice) % 9 for choice in request.choices]
            return chosen(*(0.9 * weight / sum(weights) for weight in weights))
        posed = (solutions[turn.content] for turn in request.messages if turn.content in solutions)
        problem = next(posed, None)
        thought = f"{thinking[0]}Answer: {number % 7}{thinking[1]}" if number % 3 == 0 else ""
        again = thinking[0] if number % 7 == 0 else ""
        if problem is None or problem.solution is None:
            words = (
                f"words {number % 1_000} " * (1 + number % 5) if number % 4 else "I cannot help with that."
            )
            return thought + words + again
        right = problem.solution if number % 2 else problem.solution + "0"
        return (right.splitlines()[-1] if request.continues else thought + right) + again

    return script


def asked_of_trainer(asset: Trained | Given | Released) -> object:
    """All that decides what a model becomes: where it is found, or its trainer, settings and inputs."""
    if isinstance(asset, Given):
        given = asset.section
        return given.model, given.revision, given.thinking, given.system
    if isinstance(asset, Released):
        return asset.section
    section = asset.section
    text = template_path(asset.system_prompt).read_text() if asset.system_prompt else None
    inputs = (section.models, section.dataset, section.replayed)
    return asset.trainer, section.training.content, text, asset.more, inputs, asset.waits, asset.unless
