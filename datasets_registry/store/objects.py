"""Immutable Parquet objects, named by the hash of their values and not of their encoding."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from datasets_registry.errors import BrokenObject
from datasets_registry.hashing import digest, file_digest
from datasets_registry.store.content_hash import HASH_SCHEME, content_hash
from datasets_registry.stores.store import Store, scratch

FOLDER = "objects"


@dataclass(frozen=True)
class Object:
    """One stored chunk: the hash of its content, its rows, and the size and SHA-256 of its file."""

    sha: str
    num_rows: int
    num_bytes: int
    file_sha: str


def object_path(root: Path, sha: str) -> Path:
    """The path of the object ``sha`` under the object folder ``root``."""
    return root / sha[:2] / f"{sha}.parquet"


def object_name(sha: str) -> str:
    """What the object ``sha`` is called in a store."""
    return f"{FOLDER}/{sha[:2]}/{sha}.parquet"


def put_chunk(store: Store, chunk: pa.Table, known: Callable[[str], Object | None]) -> Object:
    """Store a chunk, durable when this returns; a chunk that is stored already is not written again."""
    sha = content_hash(chunk)
    key = object_name(sha)
    if store.holds(key) and (stored := known(sha)) and store.holds(key, stored.num_bytes):
        return stored
    sink = pa.BufferOutputStream()
    pq.write_table(chunk.combine_chunks(), sink, compression="zstd", write_page_checksum=True)
    data = sink.getvalue()
    with scratch(store, key) as file:
        file.write_bytes(data)
        if store.url is None:
            store.put(key, file, replace=True)
        elif not store.put(key, file):
            data = _whole_there(store, sha) or data
            file.write_bytes(data)
            # an orphan becomes young, so that no collection takes it before it is recorded
            store.put(key, file, replace=True)
    return Object(sha, len(chunk), len(data), hashlib.sha256(data).hexdigest())


def _whole_there(store: Store, sha: str) -> bytes | None:
    """What lies in a bucket under an object's name, perhaps by another encoder; None where it is damaged."""
    with scratch(store, object_name(sha)) as copy:
        try:
            data = store.fetch(object_name(sha), copy).read_bytes()
            return data if content_hash(_rows(pa.BufferReader(data))) == sha else None
        except (BrokenObject, OSError, pa.ArrowInvalid):
            return None


def data_version(shas: Sequence[str]) -> str:
    """A dataset version's identity: 32 hex digits from its chunks' hashes and the hash scheme."""
    return digest([HASH_SCHEME, list(shas)])[:32]


def read_object(path: Path, file_sha: str | None = None) -> pa.Table:
    """An object's rows, which are those that its name says, whatever was done to the file.

    ``file_sha`` is the SHA-256 of the file that was written, where it is known: another file with the same
    rows will do. Raises BrokenObject where the file is missing, unreadable or has other rows.
    """
    try:
        data = path.read_bytes()
        rows = _rows(pa.BufferReader(data))
    except (OSError, pa.ArrowInvalid) as error:
        why = "is missing" if not path.exists() else "is damaged"
        raise BrokenObject(
            f"object {path} {why}: `trimtab verify` names the versions that need it; materialize one of them "
            "again to restore it"
        ) from error
    _require_same(path, data, rows, file_sha)
    return rows


def read_stored(store: Store, sha: str, file_sha: str | None = None) -> pa.Table:
    """An object's rows; a copy of a bucket's that is damaged is fetched once more. Raises as above."""
    key = object_name(sha)
    path = store.path(key, file_sha)
    try:
        return read_object(path, file_sha)
    except BrokenObject:
        if store.url is None:
            raise
        return read_object(store.fetch(key, path, file_sha), file_sha)


def _rows(source: "Path | pa.BufferReader") -> pa.Table:
    """All rows of a Parquet file.

    Not by ``read_table``: it loads filesystems of clouds, whose threads abort some processes at their end.
    """
    return pq.ParquetFile(source, page_checksum_verification=True).read()


def _require_same(path: Path, data: bytes, rows: pa.Table, file_sha: str | None) -> None:
    if file_sha is not None and hashlib.sha256(data).hexdigest() == file_sha:
        return
    if content_hash(rows) == path.stem:
        return
    raise BrokenObject(
        f"object {path} has other rows than were committed, as its file was changed: `trimtab verify` names "
        "the versions that need it; remove the file and materialize one of them again to restore it"
    )


def damage(store: Store, stored: Object) -> str | None:
    """What is wrong with a stored object: missing, truncated, altered; None where it is whole.

    From a bucket it is fetched anew, whatever copy there is.
    """
    key = object_name(stored.sha)
    if store.url is None:
        return _damage(store.place(key), stored)
    with scratch(store, key) as copy:
        try:
            store.fetch(key, copy)
        except BrokenObject:
            return "is missing"
        return _damage(copy, stored)


def _damage(path: Path, stored: Object) -> str | None:
    if not path.exists():
        return "is missing"
    if path.stat().st_size != stored.num_bytes:
        return f"has {path.stat().st_size} bytes of {stored.num_bytes}"
    if file_digest(path) != stored.file_sha:
        return "is not the file that was written"
    if content_hash(_rows(path)) != stored.sha:
        return "has other content than its name says"
    return None
