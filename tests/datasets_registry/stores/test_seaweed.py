"""A real S3 server: conditions, refusals and a server that goes away, through the client that people have."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from datasets_registry.errors import BadInput, StoreFailed
from datasets_registry.registry import Registry
from datasets_registry.rows.evaluation import SuiteFigure
from datasets_registry.state import State
from datasets_registry.stores import opening
from datasets_registry.version import Derivation
from tests.datasets_registry.committing import rows_of
from tests.datasets_registry.stores.seaweed import BUCKET, Seaweed, seaweed_server, weed_binary
from tests.datasets_registry.stores.test_stores import put
from tests.postgres import PostgresServer

pytestmark = [pytest.mark.cluster, pytest.mark.xdist_group("seaweed")]
HOW = Derivation(code_version="1", settings={}, inputs=())


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seaweed]:
    """A server for this file."""
    weed = weed_binary()
    if weed is None:
        pytest.skip("SeaweedFS is not installed: make cluster")
    with seaweed_server(weed, tmp_path_factory.mktemp("weed")) as server:
        yield server


@pytest.fixture
def seaweed(
    running: Seaweed, postgres: PostgresServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Seaweed:
    """The server, a folder of its bucket that is this test's, and a catalog."""
    for name, value in running.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("TRIMTAB_STORE", f"s3://{BUCKET}/{tmp_path.name.lower().replace('_', '-')}")
    monkeypatch.setenv("TRIMTAB_CATALOG", postgres.database())
    monkeypatch.setattr(opening, "PATIENCE", opening.PATIENCE / 60)
    return running


def test_machines_share_versions_by_a_real_bucket(seaweed: Seaweed, tmp_path: Path) -> None:
    first, second = (Registry(State(tmp_path / name).prepare()) for name in "ab")
    version = first.commit(SuiteFigure, rows_of("left", 1), HOW, "left")
    assert second.rows(SuiteFigure, second.version("left", 1)) == rows_of("left", 1)
    assert second.commit(SuiteFigure, rows_of("left", 1), HOW, "left") == version
    for registry in (first, second):
        registry.engine.dispose()


def test_a_name_is_taken_once_and_large_files_go_in_parts(seaweed: Seaweed, tmp_path: Path) -> None:
    store = opening.store_of(State(tmp_path / "a"))
    assert put(store, b"first") and not put(store, b"second")
    large = bytes(range(256)) * (70 << 12)
    assert put(store, large, "files/ab/large") and not put(store, large, "files/ab/large")
    again = opening.store_of(State(tmp_path / "b"))
    assert again.path("files/ab/large").read_bytes() == large
    assert abs(again.now() - time.time()) < 10


def test_what_the_server_refuses_is_a_sentence(
    seaweed: Seaweed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRIMTAB_STORE", "s3://nobody-made-this")
    with pytest.raises(BadInput, match="there is no bucket at s3://nobody-made-this: create it"):
        Registry(State(tmp_path / "a").prepare())
    monkeypatch.setenv("TRIMTAB_STORE", f"s3://{BUCKET}")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong-one")
    with pytest.raises(BadInput, match="with these credentials: set AWS_ACCESS_KEY_ID") as told:
        Registry(State(tmp_path / "a").prepare())
    assert "wrong-one" not in str(told.value)


def test_a_server_that_goes_away_amid_a_commit_leaves_nothing_half_made(
    seaweed: Seaweed, tmp_path: Path
) -> None:
    registry = Registry(State(tmp_path / "a").prepare())
    registry.commit(SuiteFigure, rows_of("left", 1), HOW, "left")
    seaweed.kill()
    with pytest.raises(StoreFailed, match="check that its server runs"):
        registry.commit(SuiteFigure, rows_of("left", 2), HOW, "left")
    seaweed.start()
    assert [version.number for version in registry.versions("left")] == [1]
    assert registry.commit(SuiteFigure, rows_of("left", 2), HOW, "left").number == 2
    other = Registry(State(tmp_path / "b").prepare())
    assert other.rows(SuiteFigure, other.version("left", 2)) == rows_of("left", 2)
    for opened in (registry, other):
        opened.engine.dispose()
