"""Fixtures of generation: a tiny model of which the end of its turn is known."""

from pathlib import Path

import pytest

from tests.tiny_model import write_ending_model


@pytest.fixture(scope="module")
def ending_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny model that is known to end its turn."""
    return write_ending_model(tmp_path_factory.mktemp("models") / "ending")
