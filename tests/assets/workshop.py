"""A small profile's graph over a registry, built on scripted replies and real training."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import dagster as dg
import pytest

from assets.graph import Graph, build_graph
from assets.orders.run import build
from assets.plan import plan
from assets.profile.models import GivenModel
from assets.profile.profile import load_profile
from datasets_registry.inspecting.listing import list_datasets, list_models
from datasets_registry.registry import Registry
from datasets_registry.state import State
from datasets_registry.version import Version
from generation.request import Backend, Request
from generation.scripted import Script, ScriptedBackend


@contextmanager
def opened(path: Path, state: Path, script: Script) -> "Iterator[Workshop]":
    """A workshop of the profile in ``path`` over a new state, which commands find in the environment."""
    with pytest.MonkeyPatch.context() as patch, dg.DagsterInstance.ephemeral() as instance:
        patch.setenv("TRIMTAB_HOME", str(state))
        patch.setenv("TRIMTAB_PROFILE", str(path))
        patch.delenv("TRIMTAB_CATALOG", raising=False)
        workshop = Workshop(path, Registry(State().prepare()), instance, script)
        yield workshop
        workshop.registry.engine.dispose()


@dataclass
class Workshop:
    """A small profile's graph over a registry, with every request that reached a model."""

    path: Path
    registry: Registry
    instance: dg.DagsterInstance
    script: Script
    requests: list[Request] = field(default_factory=list)

    def graph(self) -> Graph:
        """The graph as it stands in the profile now."""
        return build_graph(load_profile(str(self.path)), self._open)

    def _open(self, registry: Registry, model: Version, given: GivenModel) -> Backend:
        backend = ScriptedBackend(self.script, model=model.data_version)
        backend.requests = self.requests
        return backend

    def build(self, only: Collection[str] | None = None) -> list[str]:
        """Build what is stale, of ``only`` these; the names planned. Fails where an asset fails."""
        self.requests.clear()
        graph = self.graph()
        planned = [step for step in plan(graph, self.registry) if not step.held]
        steps = [step for step in planned if only is None or step.name in only]
        if steps:
            failures = build(graph, self.instance, steps)
            assert not failures, failures
        return [step.name for step in steps]

    def edit(self, old: str, new: str) -> None:
        """Edit the constitution."""
        path = self.path.with_name("constitution.toml")
        assert path.read_text().count(old) == 1
        path.write_text(path.read_text().replace(old, new))

    def versions(self) -> dict[str, int]:
        """The newest version of everything."""
        datasets = {entry.name: entry.version for entry in list_datasets(self.registry)}
        return datasets | {entry.name: entry.version for entry in list_models(self.registry)}

    def changed(self, before: dict[str, int]) -> set[str]:
        """Whatever has another version than ``before``."""
        return {name for name, version in self.versions().items() if version != before[name]}
