"""A server's restart ends the lock that keeps files: neither a commit nor a collection goes on without it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from obstore.store import MemoryStore
from sqlalchemy import Connection, text

from datasets_registry import garbage
from datasets_registry.agreement.locks import Held
from datasets_registry.catalog.records import Records
from datasets_registry.errors import BrokenCatalog
from datasets_registry.garbage import Collected, collect
from datasets_registry.registry import Registry
from datasets_registry.rows.evaluation import SuiteFigure
from datasets_registry.stores.bucket import BucketStore
from tests.datasets_registry.committing import rows_of
from tests.datasets_registry.stores.conftest import Machines
from tests.datasets_registry.stores.test_registry import HOW, NOW, commit, names
from tests.datasets_registry.test_garbage_beside_others import small_objects

__all__ = ["small_objects"]
ADVISORY = "SELECT pg_terminate_backend(pid, 5000) FROM pg_locks WHERE locktype = 'advisory'"


def end_locks(registry: Registry) -> None:
    """End the sessions that hold locks, as a restart would."""
    with registry.engine.connect() as connection:
        connection.execute(text(ADVISORY))


@pytest.mark.parametrize("way", ["commit", "commit_staged", "commit_model"])
def test_a_commit_whose_lock_was_lost_while_it_waited_names_nothing(
    machines: Machines, tiny_model: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    writer, other = machines("a"), machines("b")
    staged, writing = writer.stage(SuiteFigure, rows_of("left", 1), "left"), Records.writing

    @contextmanager
    def waiting(records: Records) -> Iterator[Connection]:
        with writing(records) as connection:
            end_locks(other)
            yield connection

    monkeypatch.setattr(Records, "writing", waiting)
    with pytest.raises(BrokenCatalog):
        if way == "commit":
            writer.commit(SuiteFigure, rows_of("left", 1), HOW, "left")
        elif way == "commit_staged":
            writer.commit_staged([staged], HOW)
        else:
            writer.commit_model("policy", tiny_model, "f" * 32, HOW)
    assert other.names("dataset") == other.names("model") == []


def test_a_collection_spares_what_was_named_since_it_looked(
    machines: Machines, bucket: MemoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its lock is lost right after it made sure of it."""
    machines("a").stage(SuiteFigure, rows_of("left", 1), "left")
    look, before = garbage._and_in_bucket, names(bucket)

    def looked(registry: Registry, here: Collected, grace: timedelta) -> Collected:
        found = look(registry, here, grace)
        assert set(found.names) == before
        end_locks(machines("b"))
        commit(machines("b"))
        return found

    monkeypatch.setattr(garbage, "_and_in_bucket", looked)
    monkeypatch.setattr(Held, "require", lambda held: None)
    assert collect(machines("a"), NOW, dry_run=False).names == () and names(bucket) == before
    version = machines("c").passed("left")
    assert machines("c").rows(SuiteFigure, version) == rows_of("left", 1)


def test_a_collection_that_lost_its_lock_removes_nothing_more(
    machines: Machines, bucket: MemoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    machines("a").stage(SuiteFigure, rows_of("left", 1), "left")
    remove, before = BucketStore.delete, names(bucket)

    def removed(store: BucketStore, some: Sequence[str]) -> None:
        remove(store, some)
        end_locks(machines("b"))

    monkeypatch.setattr(garbage, "AT_ONCE", 1)
    monkeypatch.setattr(BucketStore, "delete", removed)
    with pytest.raises(BrokenCatalog):
        collect(machines("a"), NOW, dry_run=False)
    assert len(names(bucket)) == len(before) - 1 > 0
