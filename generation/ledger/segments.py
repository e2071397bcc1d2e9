"""Segments: the immutable Parquet files of a ledger, and which of them count."""

import json
import os
import time
import uuid
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import pyarrow.parquet as pq

MERGED = "-merged.parquet"
SUPERSEDES = "supersedes"


def new_name(suffix: str = ".parquet") -> str:
    """A segment's name: unique, and sorted by time."""
    return f"{time.time_ns():020d}-{uuid.uuid4().hex[:8]}{suffix}"


def listed(folder: Path) -> set[str]:
    """The names of all segments in ``folder``, by one listing."""
    try:
        with os.scandir(folder) as entries:
            return {entry.name for entry in entries if is_segment(entry.name)}
    except FileNotFoundError:
        return set()


def is_segment(name: str) -> bool:
    """Whether a file's name is that of a segment, and not of one that is being written."""
    return name.endswith(".parquet") and name[0].isdigit() and "/" not in name


def superseded(folder: Path, names: Iterable[str]) -> dict[str, str]:
    """Each segment that a merged one among ``names`` stands for, and which one did so first."""
    merged = sorted((name for name in names if name.endswith(MERGED)), reverse=True)
    return {old: new for new in merged for old in supersedes(folder / new)}


def live(folder: Path) -> frozenset[str]:
    """The names of the segments that together hold every row; the others only wait for deletion."""
    names = listed(folder)
    return frozenset(names - superseded(folder, names).keys())


def supersedes(path: Path) -> tuple[str, ...]:
    """The names that a merged segment stands for; none if it was itself merged and deleted."""
    try:
        return _supersedes(path)
    except FileNotFoundError:
        return ()


@cache
def _supersedes(path: Path) -> tuple[str, ...]:
    metadata = pq.read_metadata(path).metadata or {}
    return tuple(json.loads(metadata.get(SUPERSEDES.encode(), b"[]")))
