"""Debates and their report without a graph: rows in memory, models by role."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import duckdb

from benchmarks.sides.lab import Lab
from datasets_registry.rows.oversight.debates import Debate
from datasets_registry.rows.oversight.questions import OversightQuestion
from datasets_registry.rows.oversight.report import OversightFigure
from datasets_registry.rows.row import Row
from datasets_registry.version import Version
from generation.completer import Completer
from generation.ledger.ledger import Ledger
from generation.scripted import Script, ScriptedBackend
from methods.method import Model
from methods.oversight.debates import make_debates
from methods.oversight.passages import own_passages
from methods.oversight.questions import QuestionSettings, make_questions
from methods.oversight.settings import DebateSettings
from methods.reading.thought import THINK, Marks
from quality.oversight.report import ReportSettings, make_report

R = TypeVar("R", bound=Row)


@dataclass(frozen=True)
class LabModel:
    """A lab's policy."""

    name: str
    lab: Lab
    version: Version
    thought_marks: Marks = THINK

    @property
    def folder(self) -> Path:
        """Its weights."""
        return self.lab.places(self.version)[0]

    @property
    def base_folder(self) -> Path | None:
        """Its base's, where it is an adapter."""
        return self.lab.places(self.version)[1]

    def completer(self) -> AbstractContextManager[Completer]:
        """The policy behind the lab's ledger."""
        return self.lab.completer(self.version)

    def count_tokens(self, text: str) -> int:
        """A character is a token."""
        return len(text)


@dataclass(frozen=True)
class ScriptedModel:
    """A script behind a ledger in ``folder``."""

    name: str
    folder: Path
    script: Script
    base_folder: Path | None = None
    thought_marks: Marks = THINK

    @contextmanager
    def completer(self) -> Iterator[Completer]:
        """The script behind the ledger."""
        backend = ScriptedBackend(self.script, model=self.name)
        yield Completer(backend, Ledger(self.folder), asset=self.name, report=lambda line: None)

    def count_tokens(self, text: str) -> int:
        """A word is a token."""
        return len(text.split())


@dataclass(frozen=True)
class _ByRole:
    roles: Mapping[str, Model]

    def __getitem__(self, role: str) -> Model:
        """The model of the role."""
        return self.roles[role]

    def every(self, role: str) -> tuple[Model, ...]:
        """The model of the role, where it has one."""
        return (self.roles[role],) if role in self.roles else ()


@dataclass(frozen=True)
class _Rows:
    """Rows in memory as a method's inputs."""

    held: Sequence[Row]

    def rows(self, row: type[R], role: str | None = None) -> list[R]:
        """Those of the row type."""
        return [each for each in self.held if isinstance(each, row)]

    def stream(self, row: type[R], role: str | None = None) -> Iterator[R]:
        """The same."""
        return iter(self.rows(row, role))

    @contextmanager
    def views(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """None is read."""
        with duckdb.connect() as connection:
            yield connection


def debates(
    questions: Sequence[OversightQuestion], debater: Model, judge: Model, settings: DebateSettings
) -> list[Debate]:
    """The rows that the asset ``debates`` would have of these questions."""
    models = _ByRole({"debater": debater, "judge": judge})
    return list(make_debates(_Rows(questions), models, settings))


def reported(questions: Sequence[OversightQuestion], judged: Sequence[Debate]) -> list[OversightFigure]:
    """The rows that the asset ``oversight_report`` would have of these debates."""
    return list(make_report(_Rows([*questions, *judged]), _ByRole({}), ReportSettings()))


def passage_questions() -> list[OversightQuestion]:
    """The questions on our own passages."""
    return make_questions(_Rows(own_passages()), _ByRole({}), QuestionSettings())
