"""Methods run without a graph: inputs are rows in memory, models are scripts."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from operator import attrgetter
from pathlib import Path
from typing import Any, TypeVar

import duckdb
import pyarrow as pa

from datasets_registry.errors import BadInput
from datasets_registry.rows.row import Row, arrow_schema, from_table, to_table
from datasets_registry.rows.types import ROW_TYPES
from datasets_registry.settings import Settings
from generation.completer import Completer
from generation.ledger.ledger import Ledger
from generation.scripted import Script, ScriptedBackend
from generation.spending import Meter
from methods.method import Inputs, Method, Model, Models
from methods.reading.thought import THINK, Marks
from methods.templates import only, template_digests

R = TypeVar("R", bound=Row)
S = TypeVar("S", bound=Settings)


@dataclass(frozen=True)
class MemoryInputs:
    """Rows by role; those of several datasets of one role in one sequence."""

    datasets: Mapping[str, Sequence[Row]] = field(default_factory=dict)

    def rows(self, row: type[R], role: str | None = None) -> list[R]:
        """The role's rows in key order; none where it is not filled."""
        rows = self.datasets.get(role or row.dataset, ())
        assert all(isinstance(each, row) for each in rows)
        return sorted((each for each in rows if isinstance(each, row)), key=attrgetter(*row.key))

    def stream(self, row: type[R], role: str | None = None) -> Iterator[R]:
        """The same rows."""
        return iter(self.rows(row, role))

    @contextmanager
    def views(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A view of each role that has rows, and an empty one of each other row type's name."""
        with duckdb.connect() as connection:
            filled = {role: to_table(type(rows[0]), rows) for role, rows in self.datasets.items() if rows}
            empty = {name: arrow_schema(row).empty_table() for name, row in ROW_TYPES.items()}
            for role, table in (empty | filled).items():
                connection.register(role, table)
            yield connection


@dataclass(frozen=True)
class ScriptedModel:
    """A model that answers by a script, behind a ledger in ``folder``; a token is a word."""

    name: str
    folder: Path
    script: Script = lambda request: ""
    base_folder: Path | None = field(default=None, kw_only=True)
    thought_marks: Marks = field(default=THINK, kw_only=True)

    @contextmanager
    def completer(self) -> Iterator[Completer]:
        """The script behind the ledger."""
        backend = ScriptedBackend(self.script, model=self.name)
        yield Completer(backend, Ledger(self.folder), asset="test", report=lambda line: None)

    def count_tokens(self, text: str) -> int:
        """The number of words."""
        return len(text.split())


@dataclass(frozen=True)
class Metered(ScriptedModel):
    """A model of its own backend and meter."""

    backend: ScriptedBackend = field(kw_only=True)
    meter: Meter = field(default_factory=Meter, kw_only=True)

    @contextmanager
    def completer(self) -> Iterator[Completer]:
        """The backend behind the ledger."""
        ledger = Ledger(self.folder)
        yield Completer(
            self.backend,
            ledger,
            asset="test",
            report=lambda line: None,
            meter=self.meter.priced(self.meter.price),
        )


@dataclass(frozen=True)
class ModelsByRole:
    """Models by role."""

    roles: Mapping[str, Sequence[Model]] = field(default_factory=dict)

    def __getitem__(self, role: str) -> Model:
        """The one model of ``role``."""
        (model,) = self.roles[role]
        return model

    def every(self, role: str) -> tuple[Model, ...]:
        """All models of ``role``."""
        return tuple(self.roles.get(role, ()))


NO_INPUTS, NO_MODELS = MemoryInputs(), ModelsByRole()


def rows_of(
    method: Method[S], settings: S, inputs: Inputs = NO_INPUTS, models: Models = NO_MODELS
) -> list[Any]:
    """The rows that a method makes, with its declared prompt templates and no others."""
    with only(template_digests(method.prompts(settings))):
        made = list(method.run(inputs, models, settings))
    return [row for part in made for row in _rows(method.rows, part)]


def unused_prompts(method: Method[S], settings: S, inputs: Inputs, models: Models) -> set[str]:
    """The templates that the method declares under these settings and does not fill."""
    declared = set(method.prompts(settings))
    return {name for name in declared if not _fills(method, settings, inputs, models, declared - {name})}


def _fills(method: Method[S], settings: S, inputs: Inputs, models: Models, others: set[str]) -> bool:
    """Whether the method is refused another template than ``others``."""
    try:
        with only(template_digests(others)):
            list(method.run(inputs, models, settings))
    except BadInput as error:
        assert "is not declared by this method" in str(error)
        return True
    return False


def _rows(row: type[R], part: object) -> list[R]:
    if isinstance(part, pa.Table):
        return from_table(row, part)
    assert isinstance(part, row)
    return [part]
