"""What a method is given: exact versions as its inputs, and models behind the ledger."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, partial
from heapq import merge
from operator import attrgetter
from pathlib import Path
from typing import TypeVar

import duckdb

from assets.profile.models import GivenModel
from datasets_registry.bases import base_folder
from datasets_registry.errors import BrokenObject
from datasets_registry.registry import Registry
from datasets_registry.rows.row import Row, from_table
from datasets_registry.rows.types import ROW_TYPES
from datasets_registry.version import Version
from datasets_registry.views.scanning import scanning
from generation.backends import open_backend
from generation.chat import Unrenderable, token_ids
from generation.completer import Completer
from generation.ledger.ledger import Ledger
from generation.models.folder import fingerprint
from generation.models.marks import require_written
from generation.progress import standing_of
from generation.request import Backend
from generation.spending import Meter
from generation.templates.opening import read_tokenizer
from methods.reading.thought import THINK, Marks
from quality.checks.check import create_view

R = TypeVar("R", bound=Row)
Report = Callable[[str], None]
OpenBackend = Callable[[Registry, Version, GivenModel], Backend]


def open_local(registry: Registry, model: Version, given: GivenModel) -> Backend:
    """The backend of a registered model, which runs as the given model that it goes back to.

    Its engine is kept for the next asset of this run. Raises BrokenObject where its files were changed since
    it was registered, as what they make is not the version's.
    """
    folder = registry.folder(model)
    if fingerprint(folder) != model.data_version:
        raise BrokenObject(
            f"the files in {folder} are not those that were registered as {model}, but were changed "
            "since: put them back, or materialize the model again, which makes them a version"
        )
    return open_backend(given.backend, folder, given.engine, base_folder(registry, folder), keep=True)


@dataclass(frozen=True)
class GivenInputs:
    """Exact versions by role, as ``methods.method.Inputs``."""

    registry: Registry
    versions: Mapping[str, tuple[Version, ...]]

    def rows(self, row: type[R], role: str | None = None) -> list[R]:
        """The rows of a role's datasets in key order; none where the role is not filled."""
        versions = self.versions.get(role or row.dataset, ())
        if len(versions) == 1:
            return self.registry.rows(row, versions[0])
        return list(self.stream(row, role))

    def stream(self, row: type[R], role: str | None = None) -> Iterator[R]:
        """The same rows, one stored object of each dataset in memory at a time."""
        versions = self.versions.get(role or row.dataset, ())
        return merge(*map(partial(self._streamed, row), versions), key=attrgetter(*row.key))

    def _streamed(self, row: type[R], version: Version) -> Iterator[R]:
        for batch in self.registry.batches(version):
            yield from from_table(row, batch)

    @contextmanager
    def views(self) -> "Iterator[duckdb.DuckDBPyConnection]":
        """A connection in which each role is a view; a dataset of ours that fills none has no rows."""
        with scanning(self.registry.state) as connection:
            for role in self.versions.keys() | ROW_TYPES.keys():
                create_view(connection, role, self.registry, self.versions.get(role, ()))
            yield connection


@dataclass(frozen=True)
class GivenModels:
    """The models of roles, as ``methods.method.Models``."""

    models: Mapping[str, tuple["GraphModel", ...]]

    def __getitem__(self, role: str) -> "GraphModel":
        (model,) = self.models[role]
        return model

    def every(self, role: str) -> tuple["GraphModel", ...]:
        """All models of ``role``."""
        return self.models.get(role, ())


@dataclass(frozen=True)
class GraphModel:
    """An exact version of a model, for one materialization."""

    version: Version
    given: GivenModel
    registry: Registry
    asset: str
    report: Report
    meter: Meter
    open_backend: OpenBackend = open_local
    thought_marks: Marks = THINK

    @property
    def name(self) -> str:
        """The model's name in the graph."""
        return self.version.name

    @property
    def folder(self) -> Path:
        """Its weights, tokenizer and chat template."""
        return self.registry.folder(self.version)

    @property
    def base_folder(self) -> Path | None:
        """The directory of the model that it is stored as an adapter over, where it is."""
        return base_folder(self.registry, self.folder)

    @contextmanager
    def completer(self) -> Iterator[Completer]:
        """The model behind the ledger; its memory is freed afterwards, or when others need it.

        Raises BadInput where its thought could not be told from its answers.
        """
        require_written(self.name, self.folder, self.thought_marks)
        backend = self.open_backend(self.registry, self.version, self.given)
        ledger = Ledger.of(self.registry.state, self.registry.engine)
        meter = self.meter.priced(self.given.price)
        try:
            yield Completer(backend, ledger, asset=self.asset, report=self.report, meter=meter)
        finally:
            if standing := standing_of(backend):
                self.meter.total.replicas[self.name] = standing
            backend.close()

    def count_tokens(self, text: str) -> int:
        """The length of ``text`` in the model's tokens; in words where they are a server's own.

        In characters where the model cannot spell the text.
        """
        return self._count(text)

    @cached_property
    def _count(self) -> Callable[[str], int]:
        if self.given.hosted:
            return lambda text: len(text.split())
        tokenizer = read_tokenizer(self.folder)

        def count(text: str) -> int:
            try:
                return len(token_ids(tokenizer, text))
            except Unrenderable:
                # whoever trains on it leaves it out with the reason
                return len(text)

        return count
