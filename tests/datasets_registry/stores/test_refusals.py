"""What cannot be a store is refused in a sentence, before anything is made in it."""

from datetime import timedelta
from pathlib import Path

import obstore
import pytest
from obstore.store import MemoryStore

from datasets_registry.catalog.binding import OWNER
from datasets_registry.errors import BadInput, BrokenCatalog, StoreFailed
from datasets_registry.garbage import collect
from datasets_registry.registry import Registry
from datasets_registry.rows.evaluation import SuiteFigure
from datasets_registry.state import State
from datasets_registry.stores import opening
from datasets_registry.stores.opening import store_of
from datasets_registry.version import Derivation
from tests.datasets_registry.committing import rows_of
from tests.datasets_registry.stores.conftest import Machines
from tests.postgres import PostgresServer

HOW = Derivation(code_version="1", settings={}, inputs=())


@pytest.mark.parametrize(
    "url",
    [
        "lab",
        "/lab",
        "gs://lab",
        "s3://",
        "s3://a",
        "s3://LAB",
        "s3://u:secret@lab",
        "s3://lab/../x",
        "s3://lab//x",
    ],
)
def test_what_names_no_bucket_is_a_sentence(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRIMTAB_STORE", url)
    with pytest.raises(BadInput, match="TRIMTAB_STORE does not name a bucket: write s3://BUCKET") as told:
        store_of(State(tmp_path))
    assert "secret" not in str(told.value)


def test_a_bucket_needs_a_catalog_that_machines_share(
    bucket: MemoryStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TRIMTAB_CATALOG", raising=False)
    with pytest.raises(BadInput, match="SQLite's catalog is not: set TRIMTAB_CATALOG to postgresql"):
        Registry(State(tmp_path / "a").prepare())
    assert not (tmp_path / "a" / "catalog.sqlite").exists() and list(obstore.list(bucket)) == []


def test_a_bucket_belongs_to_one_catalog(
    machines: Machines, postgres: PostgresServer, tmp_path: Path
) -> None:
    machines("a")
    with pytest.raises(
        BrokenCatalog, match="belongs to catalog .*, and the opened one is .*: set TRIMTAB_CATALOG"
    ):
        Registry(State(tmp_path / "b").prepare(), postgres.database())


def test_no_catalog_collects_in_a_bucket_that_is_not_its_own(
    machines: Machines, bucket: MemoryStore, postgres: PostgresServer, tmp_path: Path
) -> None:
    version = machines("a").commit(SuiteFigure, rows_of("left", 1), HOW, "left")
    empty, state = postgres.database(), State(tmp_path / "b").prepare()
    with pytest.raises(BrokenCatalog, match="belongs to catalog .*, and the opened one is"):
        Registry(state, empty, reads_only=True)
    # of a release that noted no owner
    obstore.delete(bucket, OWNER)
    other = Registry(state, empty, reads_only=True)
    with pytest.raises(BadInput, match="s3://lab/team is not this catalog's bucket: nothing was removed"):
        collect(other, timedelta(seconds=-2), dry_run=False)
    other.engine.dispose()
    assert machines("c").rows(SuiteFigure, version) == rows_of("left", 1)


def test_a_catalog_keeps_to_its_bucket(
    machines: Machines, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    machines("a")
    monkeypatch.delenv("TRIMTAB_STORE")
    with pytest.raises(
        BadInput, match="files are in s3://lab/team, and TRIMTAB_STORE is not set: set TRIMTAB_STORE"
    ):
        Registry(State(tmp_path / "b").prepare())
    monkeypatch.setenv("TRIMTAB_STORE", "s3://lab/other")
    with pytest.raises(BadInput, match="and TRIMTAB_STORE is s3://lab/other"):
        Registry(State(tmp_path / "b").prepare())


def test_versions_that_lie_elsewhere_are_not_left_behind(
    bucket: MemoryStore, postgres: PostgresServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TRIMTAB_STORE")
    url, state = postgres.database(), State(tmp_path / "a").prepare()
    local = Registry(state, url)
    version = local.commit(SuiteFigure, rows_of("left", 1), HOW, "left")
    monkeypatch.setenv("TRIMTAB_STORE", "s3://lab/team")
    with pytest.raises(BadInput, match="copy catalog.id and the folders objects, models and ledger"):
        Registry(State(state.root), url)
    for path in (state.catalog_id, *local.files(version)):
        obstore.put(bucket, path.relative_to(state.root).as_posix(), path)
    moved = Registry(State(tmp_path / "b").prepare(), url)
    assert moved.rows(SuiteFigure, version) == rows_of("left", 1)
    for registry in (local, moved):
        registry.engine.dispose()


def test_a_server_that_is_gone_is_a_sentence_without_a_credential(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRIMTAB_STORE", "s3://lab")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "somebody")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hidden")
    monkeypatch.setattr(opening, "PATIENCE", opening.PATIENCE / 100)
    with pytest.raises(
        StoreFailed, match="s3://lab does not list objects .*check that its server runs"
    ) as told:
        list(store_of(State(tmp_path)).list("objects"))
    assert "hidden" not in str(told.value) and "somebody" not in str(told.value)
