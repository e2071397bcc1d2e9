"""What tests of the commands about models share: a registry with a trained policy."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from datasets_registry.registry import Registry
from tests.assets.cli.trained import train_policy


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path) -> Iterator[Registry]:
    """A registry with a trained policy, its base and its evaluations."""
    root = tmp_path_factory.mktemp("trained")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TRIMTAB_HOME", str(root / "state"))
        patch.delenv("TRIMTAB_CATALOG", raising=False)
        registry = train_policy(root, tiny_model)
        yield registry
        registry.engine.dispose()


@pytest.fixture
def home(trained: Registry, monkeypatch: pytest.MonkeyPatch) -> Registry:
    """The same registry as the commands' own."""
    monkeypatch.setenv("TRIMTAB_HOME", str(trained.state.root))
    monkeypatch.delenv("TRIMTAB_CATALOG", raising=False)
    return trained
