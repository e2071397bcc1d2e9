"""A bucket in this process's memory, and machines that share it and a catalog."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from obstore.store import MemoryStore

from datasets_registry.registry import Registry
from datasets_registry.state import State
from datasets_registry.stores import opening
from datasets_registry.stores.bucket import BucketStore
from tests.postgres import PostgresServer

URL = "s3://lab/team"
Machines = Callable[[str], Registry]


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> MemoryStore:
    """What TRIMTAB_STORE names: obstore's own store in memory in the place of its client of S3."""
    memory = MemoryStore()
    monkeypatch.setenv("TRIMTAB_STORE", URL)
    monkeypatch.setattr(opening, "_client", lambda bucket, prefix: memory)
    return memory


@pytest.fixture
def store(bucket: MemoryStore, tmp_path: Path) -> BucketStore:
    """The bucket as a machine sees it."""
    return BucketStore(URL, tmp_path / "machine", bucket)


@pytest.fixture
def machines(
    bucket: MemoryStore, postgres: PostgresServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Machines]:
    """Registries by the names of machines, each with a folder of its own."""
    monkeypatch.setenv("TRIMTAB_CATALOG", postgres.database())
    opened: dict[str, Registry] = {}

    def machine(name: str) -> Registry:
        if name not in opened:
            opened[name] = Registry(State(tmp_path / name).prepare())
        return opened[name]

    yield machine
    for registry in opened.values():
        registry.engine.dispose()
