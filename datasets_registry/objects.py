"""Immutable Parquet objects named by the hash of what they hold, not of how they are encoded."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from datasets_registry.errors import BadInput, BrokenObject
from datasets_registry.hashing import digest
from datasets_registry.state import durable

HASH_SCHEME = 1
CHUNK_ROWS = 131_072


@dataclass(frozen=True)
class Object:
    """One stored chunk: the SHA-256 of its Arrow content, and its number of rows."""

    sha: str
    rows: int


def object_path(root: Path, sha: str) -> Path:
    """Where the object ``sha`` lies under the object folder ``root``."""
    return root / sha[:2] / f"{sha}.parquet"


def normalise(table: pa.Table, schema: pa.Schema, key: Sequence[str]) -> pa.Table:
    """``table`` with ``schema``'s columns and types, sorted by ``key``.

    Raises BadInput where a column is missing or a key stands twice.
    """
    missing = [name for name in schema.names if name not in table.column_names]
    if missing:
        raise BadInput(f"column {missing[0]!r} is missing: the rows have {table.column_names}")
    table = table.select(schema.names)
    for field in schema:
        if not field.nullable and table[field.name].null_count:
            row = pc.index(pc.is_null(table[field.name]), True).as_py()
            raise BadInput(f"row {row} has no {field.name!r}, which may not be null")
    table = table.cast(schema).replace_schema_metadata(None)
    keys = table.group_by(list(key)).aggregate([([], "count_all")])
    if keys.num_rows < table.num_rows:
        (twice, *_) = keys.filter(pc.field("count_all") > 1).select(list(key)).to_pylist()
        raise BadInput(f"two rows have the key {twice}: keys must be unique")
    return table.sort_by([(name, "ascending") for name in key]).combine_chunks()


def content_hash(table: pa.Table) -> str:
    """SHA-256 of a normalised table's Arrow IPC stream."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return hashlib.sha256(sink.getvalue()).hexdigest()


def put_table(root: Path, table: pa.Table) -> list[Object]:
    """Store a normalised table as chunks, durable when this returns; equal chunks are written once."""
    objects = []
    for start in range(0, max(table.num_rows, 1), CHUNK_ROWS):
        chunk = table.take(pa.array(range(start, min(start + CHUNK_ROWS, table.num_rows)), pa.int64()))
        chunk = chunk.combine_chunks()
        sha = content_hash(chunk)
        path = object_path(root, sha)
        if not path.exists():
            with durable(path) as temporary:
                pq.write_table(chunk, temporary, compression="zstd")
        objects.append(Object(sha, chunk.num_rows))
    return objects


def data_version(objects: Sequence[Object]) -> str:
    """A dataset version's identity: 32 hex digits over its chunks' hashes and the hash scheme."""
    return digest([HASH_SCHEME, [one.sha for one in objects]])[:32]


def read_objects(root: Path, objects: Sequence[Object]) -> pa.Table:
    """The chunks as one table; raises BrokenObject where a file is missing or unreadable."""
    tables = []
    for one in objects:
        path = object_path(root, one.sha)
        try:
            tables.append(pq.read_table(path))
        except (OSError, pa.ArrowInvalid) as error:
            raise BrokenObject(
                f"object {path} cannot be read: rebuild the dataset that names it ({error})"
            ) from error
    return pa.concat_tables(tables)
