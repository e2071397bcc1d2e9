"""A model's folder that a test may spoil."""

import shutil
from pathlib import Path

import pytest


@pytest.fixture
def copy(tiny_model: Path, tmp_path: Path) -> Path:
    """A model's folder of the test's own."""
    return shutil.copytree(tiny_model, tmp_path / "copy")
