"""A model that is stored as an adapter is served over its base: by vLLM as by transformers."""

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from datasets_registry.adapters import CONFIG
from datasets_registry.errors import BadInput
from generation.engine import EngineSettings
from generation.models.folder import fingerprint
from generation.transformers_local.backend import TransformersBackend
from generation.vllm_offline.backend import VllmBackend
from tests.generation.known_model import ask
from tests.generation.opened import finished
from tests.loaded import write_adapted
from tests.tiny_model import write_ending_model

SETTINGS = EngineSettings(batch_size=8, max_model_len=512, cpu_kv_cache_gb=1)
LETTERS = (" A", " B")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The base."""
    return write_ending_model(tmp_path_factory.mktemp("models") / "base")


@pytest.fixture(scope="module")
def policies(folder: Path) -> list[Path]:
    """Two models over it, as training leaves them."""
    return [write_adapted(folder, folder.with_name(f"policy{seed}"), seed, rank=seed) for seed in (2, 3)]


def test_a_trained_model_is_served_under_its_own_fingerprint_over_its_base(
    folder: Path, policies: list[Path]
) -> None:
    served = VllmBackend(policies[0], SETTINGS, folder)
    assert served.fingerprint == fingerprint(policies[0]) != fingerprint(folder)
    assert served.engine.folder == folder.resolve()
    other = served.adapted(policies[1])
    assert other.fingerprint == fingerprint(policies[1]) != served.fingerprint
    assert other.engine is served.engine
    with pytest.raises(BadInput, match="give that model's directory too"):
        VllmBackend(policies[0], SETTINGS)
    with pytest.raises(BadInput, match="is stored as an adapter over the model"):
        VllmBackend(policies[0], SETTINGS, policies[1])


def test_a_rank_beyond_what_vllm_serves_is_refused(folder: Path, tmp_path: Path) -> None:
    large = write_adapted(folder, tmp_path / "large", 1, rank=513)
    with pytest.raises(BadInput, match="has rank 513, and vLLM serves up to 512: serve it by transformers"):
        VllmBackend(large, SETTINGS, folder)
    assert (large / "adapter" / CONFIG).exists()


@pytest.fixture
def one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the engine use one thread: a model this tiny is not worth two."""
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setenv("VLLM_CPU_OMP_THREADS_BIND", "nobind")


@pytest.fixture
def backend(one_thread: None, folder: Path, policies: list[Path]) -> Iterator[VllmBackend]:
    """An engine over the base, with the second model's adapter on it."""
    opened = VllmBackend(policies[1], SETTINGS, folder)
    yield opened
    opened.close()


@pytest.mark.skipif(find_spec("vllm") is None, reason="vllm is not installed")
@pytest.mark.vllm
def test_trained_models_say_by_vllm_what_they_say_by_transformers(
    backend: VllmBackend, folder: Path, policies: list[Path]
) -> None:
    requests = [ask("Tell me a story.", temperature=0), ask("Which?", choices=LETTERS)]
    said = set()
    for policy in policies:
        by_vllm = finished(backend.adapted(policy), requests)
        by_transformers = finished(TransformersBackend(policy, SETTINGS, folder), requests)
        assert by_vllm[0].text == by_transformers[0].text
        assert by_vllm[1].choice_probabilities == pytest.approx(
            by_transformers[1].choice_probabilities, abs=1e-4
        )
        said.add(by_vllm[1].choice_probabilities)
    assert len(said) == 2
