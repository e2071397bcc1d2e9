"""Two profiles on one state, a daemon each: each trains its own models and none of the other's, and rests."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from assets.pipelines.imported import new_imports
from assets.ui.keys import key_of
from datasets_registry.registry import Registry
from datasets_registry.rows.imported import Demonstration, HumanPreference
from quality.auditing.publishing import publish
from tests.assets.building.test_versions import MODELS, NAMES
from tests.assets.small import IMPORTED, write_base_profile
from tests.assets.workshop import Workshop
from tests.rows import make

REBUILD = '[rebuild]\nwhen = "automatic"\n'
# what Dagster's own tester uses of Dagster
pytestmark = [
    pytest.mark.filterwarnings("ignore::dagster.PreviewWarning"),
    pytest.mark.filterwarnings("ignore::dagster.BetaWarning"),
]


@dataclass
class Daemon:
    """What Dagster's daemon does for one profile, a look at a time, in a history of the profile's own."""

    workshop: Workshop
    cursor: Any = None

    def tick(self) -> set[str]:
        """Look for imports, and build what the conditions ask for; the names asked for."""
        graph, instance = self.workshop.graph(), self.workshop.instance
        for event in new_imports(graph.imported, self.workshop.registry, instance).asset_events:
            assert isinstance(event, dg.AssetMaterialization | dg.AssetCheckEvaluation)
            instance.report_runless_asset_event(event)
        result = dg.evaluate_automation_conditions(graph.definitions, instance, cursor=self.cursor)
        self.cursor = result.cursor
        names = {name for name in NAMES if result.get_num_requested(key_of(name))}
        if names:
            self.materialize(names)
        return names

    def materialize(self, names: Collection[str]) -> None:
        """*Materialize selected*: what this profile's recipe made before is found."""
        job = self.workshop.graph().definitions.resolve_implicit_global_asset_job_def()
        keys = [key_of(name) for name in names]
        assert job.execute_in_process(instance=self.workshop.instance, asset_selection=keys).success


@pytest.fixture
def daemons(tmp_path: Path, tiny_model: Path, registry: Registry) -> Iterator[tuple[Daemon, Daemon]]:
    """Two profiles that differ in one trainer's setting, all built by hand and looked at."""
    bring(registry, "d")
    pairs = [make(HumanPreference, f"q{number}", chosen="yes yes", rejected="no no") for number in range(4)]
    publish(registry, HumanPreference, pairs, IMPORTED)
    with dg.DagsterInstance.ephemeral() as one_history, dg.DagsterInstance.ephemeral() as another:
        built = []
        for steps, instance in (("2", one_history), ("3", another)):
            path = write_base_profile(tmp_path / steps, tiny_model)
            path.write_text(path.read_text() + MODELS.replace("STEPS", steps) + REBUILD)
            daemon = Daemon(Workshop(path, registry, instance, lambda _: "yes"))
            # the base is built already when the second profile begins, and its history learns of it so
            daemon.materialize(NAMES)
            built.append(daemon)
        yield built[0], built[1]


def bring(registry: Registry, name: str) -> None:
    """Import demonstrations of which each one's key begins with ``name``."""
    rows = [make(Demonstration, f"{name}{number}", completion=f"{name} {number}") for number in range(4)]
    publish(registry, Demonstration, rows, IMPORTED.model_copy(update={"settings": {"file": name}}))


def trained(registry: Registry) -> dict[str, int]:
    """How many versions of each model there are."""
    return {name: len(registry.versions(name)) for name in sorted(NAMES)}


def test_each_daemon_trains_its_own_models_once_and_then_both_rest(daemons: tuple[Daemon, Daemon]) -> None:
    first, second = daemons
    registry = first.workshop.registry
    for daemon in daemons:
        daemon.tick()
    assert [daemon.tick() for daemon in daemons * 2] == [set()] * 4
    assert trained(registry) == {"base_policy": 1, "polite": 2, "taught": 2}

    bring(registry, "e")
    asked = [daemon.tick() for daemon in daemons * 3]
    assert asked == [{"taught", "polite"}] * 2 + [set()] * 4
    assert trained(registry) == {"base_policy": 1, "polite": 4, "taught": 4}
    for daemon, number in ((first, 3), (second, 4)):
        versions = daemon.workshop.graph().known.versions(registry)
        assert str(versions.passed("polite")) == f"polite@{number}"
        assert f"taught@{number}" in map(str, registry.derivation(versions.passed("polite")).inputs)
        assert daemon.workshop.build(only=NAMES) == []
