"""What an asset's work is given: exact inputs, models behind the ledger, and a voice."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

from assets.profile import Profile
from datasets_registry.registry import Registry
from datasets_registry.row import Row
from datasets_registry.version import Derivation, Version
from generation.backends import open_backend
from generation.budget import Meter
from generation.completer import Completer
from generation.ledger import Ledger
from generation.request import Backend

R = TypeVar("R", bound=Row)
OpenBackend = Callable[[Registry, Version, Profile], Backend]


def open_local(registry: Registry, model: Version, profile: Profile) -> Backend:
    """The profile's backend over a registered model."""
    policy = profile.policy
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

    def rows(self, row: type[R]) -> list[R]:
        """An input dataset's rows."""
        return self.registry.rows(row, self.version(row.dataset))

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
