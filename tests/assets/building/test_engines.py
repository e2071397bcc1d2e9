"""Engines over the assets of one run: kept, shared, and gone before anything trains on the same card."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from assets.building.inputs import open_local
from assets.building.trainer.process import run_trainer
from assets.graph import build_graph
from assets.orders.run import build
from assets.plan import plan
from assets.preflight import ready
from assets.profile.profile import load_profile
from datasets_registry.registry import Registry
from generation import backends
from generation.engine import EngineSettings
from generation.vllm_offline.backend import VllmBackend
from generation.vllm_offline.kept import KeptEngines
from tests.assets.small import write_profile
from tests.generation.known_model import ask
from tests.generation.opened import finished
from tests.generation.vllm_offline.sleeping_worker import MODULE

pytestmark = pytest.mark.filterwarnings("ignore::dagster.PreviewWarning")
GENERATING = ("cai_revisions", "helpful_answers", "completion_pairs")
GIVEN = ("red_team_prompts", "helpful_prompts", "base_policy")


@pytest.fixture
def engines(monkeypatch: pytest.MonkeyPatch) -> Iterator[KeptEngines]:
    """The kept engines of vLLM, whose processes sleep in place of a model."""
    kept = KeptEngines(MODULE)
    monkeypatch.setitem(backends.KEPT, "vllm", partial(VllmBackend, engines=kept))
    monkeypatch.setenv("SLEEPING_STEP_SECONDS", "0.001")
    # the sleeping processes need no vLLM
    monkeypatch.setattr(ready, "installed", lambda: "cpu")
    yield kept
    kept.close()


@pytest.fixture
def profile(tmp_path: Path, tiny_model: Path) -> Path:
    """The small profile, its base served by vLLM."""
    path = write_profile(tmp_path / "profile", tiny_model)
    text = path.read_text().replace('backend = "transformers"', 'backend = "vllm"')
    path.write_text(text.replace('[rlaif]\npolicy = "sft_policy"', '[rlaif]\npolicy = "base_policy"'))
    return path


def test_three_generating_assets_over_one_base_start_one_engine(
    engines: KeptEngines, profile: Path, registry: Registry
) -> None:
    graph = build_graph(load_profile(str(profile)))
    steps = [step for step in plan(graph, registry) if step.name in (*GIVEN, *GENERATING)]
    with dg.DagsterInstance.ephemeral() as instance:
        assert build(graph, instance, steps) == []
    assert all(registry.newest(name) for name in GENERATING)
    assert engines.num_starts == 1


def test_an_engine_is_gone_before_a_trainer_starts(
    engines: KeptEngines, registry: Registry, tiny_model: Path, tmp_path: Path
) -> None:
    backend = VllmBackend(tiny_model, EngineSettings(), engines=engines)
    finished(backend, [ask("hello", max_tokens=2)])
    engine = backend.engine
    assert len(engine.pids) == 1

    class Pipes:
        """What would start the trainer."""

        def run(self, **arguments: Any) -> None:
            running.append(engine.pids)

    running: list[list[int]] = []
    pipes: Any = Pipes()
    run_trainer(pipes, pipes, [], tmp_path / "run.json", registry)
    assert running == [[]]


def test_a_models_backend_is_closed_and_its_engine_is_not(
    engines: KeptEngines, profile: Path, registry: Registry
) -> None:
    given = load_profile(str(profile)).given("base_policy")
    graph = build_graph(load_profile(str(profile)))
    steps = [step for step in plan(graph, registry) if step.name == "base_policy"]
    with dg.DagsterInstance.ephemeral() as instance:
        assert build(graph, instance, steps) == []
    model = registry.newest("base_policy")
    assert model is not None
    first, second = (open_local(registry, model, given) for _ in range(2))
    assert isinstance(first, VllmBackend) and isinstance(second, VllmBackend)
    assert first.engine is second.engine and first.fingerprint == second.fingerprint
