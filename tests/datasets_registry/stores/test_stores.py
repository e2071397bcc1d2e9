"""What every store promises, of a folder and of a bucket."""

from pathlib import Path
from typing import Any

import obstore
import pytest
from obstore.exceptions import GenericError
from obstore.store import MemoryStore

from datasets_registry.errors import BadInput, BrokenObject
from datasets_registry.hashing import file_digest
from datasets_registry.stores.bucket import BucketStore
from datasets_registry.stores.folder import FolderStore
from datasets_registry.stores.store import Store, scratch
from tests.datasets_registry.stores.conftest import URL

NAME = "objects/ab/abc.parquet"


@pytest.fixture(params=["folder", "bucket"])
def any_store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    """A store of each kind."""
    if request.param == "folder":
        return FolderStore(tmp_path / "folder")
    return BucketStore(URL, tmp_path / "cache", MemoryStore())


def put(store: Store, content: bytes, name: str = NAME, *, replace: bool = False) -> bool:
    """Put ``content`` as its writers do."""
    with scratch(store, name) as file:
        file.write_bytes(content)
        return store.put(name, file, replace=replace)


def test_the_first_to_put_a_name_is_told_so_and_its_file_stays(any_store: Store) -> None:
    assert put(any_store, b"first") and not put(any_store, b"second")
    assert any_store.path(NAME).read_bytes() == b"first"
    assert put(any_store, b"third", replace=True)
    assert any_store.path(NAME).read_bytes() == b"third"


def test_files_are_listed_by_folder_with_bytes_and_age(any_store: Store) -> None:
    for name in (NAME, "objects/cd/x.parquet", "objectsmore/x", "ledger/1.parquet"):
        put(any_store, b"12345", name)
    found = {stored.name: stored for stored in any_store.list("objects")}
    assert set(found) == {NAME, "objects/cd/x.parquet"} and found[NAME].num_bytes == 5
    assert abs(found[NAME].changed - any_store.now()) < 5
    assert list(any_store.list("models")) == []


def test_a_range_is_read_and_what_is_deleted_is_gone(any_store: Store) -> None:
    put(any_store, b"0123456789")
    assert (any_store.read(NAME, 2, 5), any_store.read(NAME, 8)) == (b"234", b"89")
    any_store.delete([NAME, "objects/ab/never.parquet"])
    assert not any_store.place(NAME).exists() and list(any_store.list("objects")) == []
    with pytest.raises(BrokenObject, match="is missing"):
        any_store.path(NAME)


def test_nothing_is_left_beside_a_place(any_store: Store) -> None:
    put(any_store, b"first")
    put(any_store, b"second")
    folder = any_store.place(NAME).parent
    assert [path.name for path in folder.iterdir()] == ["abc.parquet"]


def test_another_machine_fetches_once_and_compares(
    store: BucketStore, bucket: MemoryStore, tmp_path: Path
) -> None:
    put(store, b"content")
    other = BucketStore(URL, tmp_path / "other", bucket)
    sha256 = file_digest(store.place(NAME))
    assert other.read(NAME, 1, 3) == b"on" and not other.place(NAME).exists()
    assert other.path(NAME, sha256).read_bytes() == b"content"
    obstore.delete(bucket, NAME)
    assert other.path(NAME, sha256).read_bytes() == b"content"


def test_a_file_that_was_changed_in_the_bucket_is_not_kept(store: BucketStore, bucket: MemoryStore) -> None:
    put(store, b"content")
    sha256 = file_digest(store.place(NAME))
    store.place(NAME).unlink()
    obstore.put(bucket, NAME, b"changed")
    with pytest.raises(BrokenObject, match=f"{NAME} in {URL} is not the file that was written"):
        store.path(NAME, sha256)
    assert list(store.place(NAME).parent.iterdir()) == []


def test_a_bucket_that_writes_twice_is_refused(store: BucketStore, monkeypatch: pytest.MonkeyPatch) -> None:
    store.require_conditional()
    assert list(store.list(".probes")) == []
    put_always = obstore.put
    monkeypatch.setattr(obstore, "put", lambda *args, **more: put_always(*args))
    with pytest.raises(BadInput, match="does not refuse to write a file twice .PUT with If-None-Match"):
        store.require_conditional()


@pytest.mark.parametrize("arrived", [True, False])
def test_a_write_whose_connection_broke_is_tried_again(
    store: BucketStore, monkeypatch: pytest.MonkeyPatch, arrived: bool
) -> None:
    """Also where the first request had arrived, and its answer alone was lost."""
    put_once, tries = obstore.put, []

    def breaking(client: MemoryStore, key: str, data: bytes, **more: Any) -> object:
        tries.append(key)
        if len(tries) > 1 or arrived:
            put_once(client, key, data, **more)
        if len(tries) == 1:
            raise GenericError("connection reset")
        return None

    monkeypatch.setattr(obstore, "put", breaking)
    assert put(store, b"content") and len(tries) == 2
    assert not put(store, b"content")
