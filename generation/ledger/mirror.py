"""A ledger's segments in a bucket, and their copies in its folder, from which they are read.

A segment is written here, synced, and then sent under its name. One that was not sent stays here: it is
read like the others, and a later run sends it. So does a ledger that was here before there was a bucket,
and one whose bucket lost a segment. What a merged segment stands for is never sent again.
"""

from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import pyarrow as pa
import pyarrow.parquet as pq

from datasets_registry.errors import BrokenObject, StoreFailed, first_line
from datasets_registry.stores.bucket import BucketStore
from datasets_registry.stores.store import Stored
from generation.ledger.segments import MERGED, is_segment, listed, superseded

FOLDER = "ledger"
_AT_ONCE = 8
_TRIES = 3


class Mirror:
    """The segments below ``FOLDER`` in ``store``, copied to ``folder``; safe for many machines at once."""

    def __init__(self, folder: Path, store: BucketStore) -> None:
        self._folder, self._store = folder, store

    def live(self) -> frozenset[str]:
        """The names of the segments that together hold every row, all of which are here then."""
        for attempt in range(_TRIES):
            there, here = self._there(), listed(self._folder)
            try:
                self._fetch([stored for name, stored in there.items() if name.endswith(MERGED)])
                names = there.keys() | here
                live = names - superseded(self._folder, names).keys()
                self._fetch([there[name] for name in live - here])
            except BrokenObject:
                # it was merged, and deleted, between the listing and now
                if attempt + 1 == _TRIES:
                    raise
            else:
                return frozenset(live)
        raise AssertionError("the last attempt returns or raises")

    def send(self, name: str) -> None:
        """Let all machines have a segment; raises StoreFailed where the bucket stays away."""
        try:
            self._store.send(f"{FOLDER}/{name}", self._folder / name)
        except StoreFailed as error:
            raise StoreFailed(
                f"{error}; completions that are not there yet are kept in {self._folder}, and the next run "
                "on this machine sends them"
            ) from error

    def send_left(self) -> None:
        """Send what was not sent before."""
        live = self.live()
        for name in sorted(live - self._there().keys()):
            self.send(name)

    def delete_old(self, seconds: float) -> int:
        """Delete what was merged so long ago by the server's clock, when nobody reads it any more."""
        there = self._there()
        merged = {old: new for old, new in superseded(self._folder, there).items() if old in there}
        now = self._store.now() if merged else 0.0
        old = [f"{FOLDER}/{old}" for old, new in merged.items() if now - there[new].changed > seconds]
        self._store.delete(sorted(old))
        return len(old)

    def _there(self) -> dict[str, Stored]:
        """The segments in the bucket, by one listing."""
        named = {stored.name.removeprefix(f"{FOLDER}/"): stored for stored in self._store.list(FOLDER)}
        return {name: stored for name, stored in named.items() if is_segment(name)}

    def _fetch(self, wanted: Collection[Stored]) -> None:
        """Copy those that are not here."""
        missing = [each for each in wanted if not self._place(each).exists()]
        if missing:
            with ThreadPoolExecutor(min(_AT_ONCE, len(missing))) as pool:
                list(pool.map(self._copy, missing))

    def _place(self, stored: Stored) -> Path:
        return self._folder / stored.name.removeprefix(f"{FOLDER}/")

    def _copy(self, stored: Stored) -> None:
        """A copy takes its name when it is whole."""
        temporary = self._folder / f".tmp-{uuid4().hex}"
        try:
            self._store.fetch(stored.name, temporary)
            if temporary.stat().st_size != stored.num_bytes:
                raise BrokenObject(f"{stored.name} in {self._store.url} ended early: run this again")
            pq.read_metadata(temporary)
            temporary.replace(self._place(stored))
        except pa.ArrowException as error:
            raise BrokenObject(
                f"{stored.name} in {self._store.url} cannot be read ({first_line(error)}): move it away, and "
                "what it held is generated again"
            ) from error
        finally:
            temporary.unlink(missing_ok=True)
