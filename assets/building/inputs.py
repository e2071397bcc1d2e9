"""What an asset's work is given: exact inputs, models behind the ledger, and a voice."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, partial
from heapq import merge
from operator import attrgetter
from typing import TypeVar

import duckdb

from assets.profile.profile import Profile
from datasets_registry.registry import Registry
from datasets_registry.rows.row import Row, from_table
from datasets_registry.rows.types import rows_of
from datasets_registry.version import Derivation, Version
from datasets_registry.views.scanning import scanning
from generation.backends import open_backend
from generation.completer import Completer
from generation.ledger.ledger import Ledger
from generation.request import Backend
from generation.spending import Meter
from quality.checks.check import create_view

R = TypeVar("R", bound=Row)
OpenBackend = Callable[[Registry, Version, Profile], Backend]


def open_local(registry: Registry, model: Version, profile: Profile) -> Backend:
    """The profile's backend over a registered model."""
    policy = profile.policy_of(model.name)
    return open_backend(policy.backend, registry.folder(model), policy.engine)


@dataclass(frozen=True)
class Materials:
    """The inputs of one materialization."""

    asset: str
    profile: Profile
    registry: Registry
    derivation: Derivation
    report: Callable[[str], None]
    open_backend: OpenBackend = open_local

    def version(self, name: str) -> Version:
        """The exact version of an input."""
        return next(one for one in self.derivation.inputs if one.name == name)

    def rows(self, row: type[R], name: str | None = None) -> list[R]:
        """The rows of the input that is named as its row type, or ``name``."""
        return self.registry.rows(row, self.version(name or row.dataset))

    def stream(self, row: type[R]) -> Iterator[R]:
        """The rows of all inputs of the row type, together in key order, one object of each in memory."""
        versions = [one for one in self.derivation.inputs if rows_of(one) == row.dataset]
        return merge(*map(partial(self._streamed, row), versions), key=attrgetter(*row.key))

    def _streamed(self, row: type[R], version: Version) -> Iterator[R]:
        for batch in self.registry.batches(version):
            yield from from_table(row, batch)

    @contextmanager
    def views(self) -> "Iterator[duckdb.DuckDBPyConnection]":
        """A connection in which each input dataset is a view of its name."""
        with scanning(self.registry.state) as connection:
            for one in self.derivation.inputs:
                if one.kind == "dataset":
                    create_view(connection, one.name, self.registry, [one])
            yield connection

    @cached_property
    def count_tokens(self) -> Callable[[str], int]:
        """Length in the base policy's tokens."""
        from transformers import AutoTokenizer

        folder = self.registry.folder(self.version("base_policy"))
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        return lambda text: len(tokenizer(text, add_special_tokens=False)["input_ids"])

    @cached_property
    def meter(self) -> Meter:
        """What this materialization has spent, held to the profile's budget."""
        return Meter(self.profile.policy.price, self.profile.budget)

    @contextmanager
    def completer(self, model: str) -> Iterator[Completer]:
        """The input model ``model`` behind the ledger; its memory is freed afterwards."""
        backend = self.open_backend(self.registry, self.version(model), self.profile)
        ledger = Ledger(self.registry.state.ledger)
        try:
            yield Completer(backend, ledger, asset=self.asset, report=self.report, meter=self.meter)
        finally:
            backend.close()
