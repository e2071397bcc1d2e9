"""Fixtures of generation: a tiny model of which the end of its turn is known, and each backend over it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.generation.known_model import KnownModel, ending, smollm2
from tests.generation.opened import TESTED, Entry, Opened, missing
from tests.generation.ray_cluster.clusters import SmallCluster, small_cluster
from tests.tiny_model import write_ending_model


@pytest.fixture(scope="module")
def ending_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny model that is known to end its turn."""
    return write_ending_model(tmp_path_factory.mktemp("models") / "ending")


@pytest.fixture(scope="session")
def ray_cluster() -> Iterator[SmallCluster]:
    """A Ray cluster of two nodes for the whole run."""
    with small_cluster() as cluster:
        yield cluster


@pytest.fixture(scope="module", params=[entry.param() for entry in TESTED])
def opened(request: pytest.FixtureRequest, ending_folder: Path) -> Iterator[Opened]:
    """Each backend of the table, open over its model for the whole module."""
    entry: Entry = request.param
    reason = missing(entry)
    if reason is not None:
        pytest.skip(reason)
    if entry.beside:
        request.getfixturevalue(entry.beside)
    model: KnownModel = (
        ending(ending_folder) if entry.model == "ending" else smollm2(request.getfixturevalue("smollm2"))
    )
    with entry.open(model.folder) as backend:
        yield Opened(entry, backend, model)
