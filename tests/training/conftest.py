"""Fixtures: the models that training starts from, as passed versions of a temporary registry."""

import shutil
from pathlib import Path

import pytest

from datasets_registry.registry import Registry
from generation.lab_model import write_lab_model
from generation.model_folder import fingerprint
from tests.training.runs import NOTHING


def _given(registry: Registry, folder: Path) -> Path:
    version = registry.commit_model("base_policy", folder, fingerprint(folder), NOTHING)
    registry.record_checks(version, [])
    return folder


@pytest.fixture
def base(registry: Registry, tiny_model: Path) -> Path:
    """The tiny model as the passed version base_policy@1; its padding is the end of a turn."""
    return _given(registry, shutil.copytree(tiny_model, registry.state.models / "base"))


@pytest.fixture(scope="session")
def lab_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The untrained lab model."""
    return write_lab_model(tmp_path_factory.mktemp("models") / "lab")


@pytest.fixture
def lab(registry: Registry, lab_model: Path) -> Path:
    """The lab model as the passed version base_policy@1."""
    return _given(registry, shutil.copytree(lab_model, registry.state.models / "lab"))
