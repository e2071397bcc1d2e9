"""Machines with a folder each and one bucket have one ledger, and nothing that was paid for is lost."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from obstore.store import MemoryStore, S3Store

from datasets_registry.errors import BrokenObject, StoreFailed
from datasets_registry.stores.bucket import BucketStore
from datasets_registry.stores.store import Stored
from generation.completer import Completer
from generation.ledger import compaction
from generation.ledger import ledger as ledger_module
from generation.ledger.compaction import compact
from generation.ledger.ledger import Ledger, Origin, Writer
from generation.ledger.segments import listed, superseded
from generation.request import Completion, Message, Request
from generation.scripted import ScriptedBackend
from tests.generation.ledger.test_compaction import stored


class Counting(BucketStore):
    """A bucket that counts its listings, and does something after each."""

    num_lists = 0
    afterwards: Callable[[], None] = staticmethod(lambda: None)

    def list(self, prefix: str) -> Iterator[Stored]:
        """The whole listing at once."""
        self.num_lists += 1
        found = list(super().list(prefix))
        self.afterwards()
        yield from found


class Machines:
    """As many machines as there are names, and their bucket."""

    def __init__(self, folder: Path) -> None:
        self._folder, self.client = folder, MemoryStore()

    def bucket(self, machine: str) -> Counting:
        """The bucket, as a machine sees it."""
        return Counting("memory://", self._folder / machine, self.client)

    def ledger(self, machine: str, bucket: BucketStore | None = None) -> Ledger:
        """A machine's ledger."""
        folder = self._folder / machine / "ledger"
        return Ledger(folder, store=bucket or self.bucket(machine))

    def away(self, machine: str) -> Ledger:
        """The same ledger while nobody listens where the bucket was."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            endpoint = f"http://127.0.0.1:{free.getsockname()[1]}"
        client = S3Store(
            "bucket",
            endpoint=endpoint,
            access_key_id="x",
            secret_access_key="x",
            client_options={"allow_http": True},
            retry_config={"max_retries": 1, "retry_timeout": timedelta(seconds=0.2)},
        )
        return self.ledger(machine, BucketStore("s3://bucket", self._folder / machine, client))

    def there(self) -> set[str]:
        """The names of the segments in the bucket."""
        return {each.name.removeprefix("ledger/") for each in self.bucket("any").list("ledger")}


@pytest.fixture
def machines(tmp_path: Path) -> Machines:
    """None has a file yet."""
    return Machines(tmp_path)


def rows(*numbers: int) -> list[dict[str, object]]:
    """Rows of these keys."""
    return [stored(number) for number in numbers]


def found(ledger: Ledger, *numbers: int) -> list[str]:
    """The texts under these keys."""
    return sorted(
        completion.text for completion in ledger.find([f"{number:064x}" for number in numbers]).values()
    )


def complete(ledger: Ledger, *texts: str) -> tuple[list[str], list[str]]:
    """Answers to ``texts``, and those of them that were generated for it."""
    backend = ScriptedBackend(lambda request: request.messages[-1].content.upper())
    requests = [Request(messages=(Message(role="user", content=text),)) for text in texts]
    answers = Completer(backend, ledger, asset="x", report=lambda _: None)("x", requests)
    return [answer.text for answer in answers], sorted(
        request.messages[-1].content for request in backend.requests
    )


def test_what_one_machine_stores_another_finds_by_one_listing(machines: Machines) -> None:
    for first in range(0, 30, 10):
        machines.ledger("a").append(rows(*range(first, first + 10)))
    bucket = machines.bucket("b")
    other = machines.ledger("b", bucket)
    assert len(found(other, *range(40))) == 30 and bucket.num_lists == 1
    assert listed(other.folder) == machines.there() and len(machines.there()) == 3
    machines.ledger("a").append(rows(35))
    assert found(other, 35) == ["35/0"]
    assert other.stats()[0]["completions"] == 31


def test_two_machines_ask_for_nothing_twice(machines: Machines) -> None:
    assert complete(machines.ledger("a"), "x", "y") == (["X", "Y"], ["x", "y"])
    assert complete(machines.ledger("b"), "y", "z") == (["Y", "Z"], ["z"])


def test_what_could_not_be_sent_is_kept_here_and_sent_by_the_next_run(machines: Machines) -> None:
    machines.ledger("a").append(rows(1))
    away = machines.away("a")
    away.segments = lambda: frozenset(listed(away.folder))  # type: ignore[method-assign]
    away.send_left = lambda: None  # type: ignore[method-assign]
    with pytest.raises(StoreFailed, match="are kept in .*/a/ledger, and the next run on this machine sends"):
        complete(away, "x", "y")
    assert len(listed(away.folder)) == 2 and len(machines.there()) == 1
    assert complete(machines.ledger("a"), "x", "y", "z") == (["X", "Y", "Z"], ["z"])
    assert complete(machines.ledger("b"), "x", "y", "z") == (["X", "Y", "Z"], [])


def test_a_run_ends_in_a_sentence_where_the_bucket_is_away_from_the_beginning(machines: Machines) -> None:
    with pytest.raises(StoreFailed, match="check that its server runs"):
        complete(machines.away("a"), "x")


def test_rows_are_written_here_while_the_bucket_is_waited_for(
    machines: Machines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger_module, "FLUSH_SECONDS", 0.02)
    came, going = threading.Event(), threading.Event()

    class Slow(BucketStore):
        def send(self, name: str, file: Path, *, replace: bool = False) -> bool:
            came.set()
            assert going.wait(30)
            return super().send(name, file, replace=replace)

    ledger = machines.ledger("a", Slow("memory://", machines.bucket("a").root, machines.client))
    request = Request(messages=(Message(role="user", content="x"),))
    with Writer(ledger, Origin("m", "b", "x")) as writer:
        writer.add("one", request, Completion(text="1", finish_reason="stop"))
        assert came.wait(30)
        writer.add("two", request, Completion(text="2", finish_reason="stop"))
        while len(listed(ledger.folder)) < 2:
            time.sleep(0.01)
        assert machines.there() == set()
        going.set()
    assert machines.there() == listed(ledger.folder)


def test_a_writer_does_not_end_well_before_all_is_sent(
    machines: Machines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger_module, "FLUSH_SECONDS", 0.02)
    failed, request = threading.Event(), Request(messages=(Message(role="user", content="x"),))

    class Away(BucketStore):
        def send(self, name: str, file: Path, *, replace: bool = False) -> bool:
            failed.set()
            raise StoreFailed("away")

    ledger = machines.ledger("a", Away("memory://", machines.bucket("a").root, machines.client))
    with (
        pytest.raises(StoreFailed, match="away; .* are kept"),
        Writer(ledger, Origin("m", "b", "x")) as writer,
    ):
        writer.add("one", request, Completion(text="1", finish_reason="stop"))
        assert failed.wait(30)
    assert len(listed(ledger.folder)) == 1 and not machines.there()


def test_a_ledger_from_before_the_bucket_and_what_a_bucket_lost_are_sent(machines: Machines) -> None:
    local = Ledger(machines.ledger("a").folder)
    for number in range(4):
        local.append(rows(number))
    compact(local)
    local.append(rows(4))
    machines.ledger("a").send_left()
    # what the merged segment stands for is not sent
    assert machines.there() == local.segments() and len(machines.there()) == 2
    assert len(found(machines.ledger("b"), *range(5))) == 5
    lost = min(machines.there())
    machines.client.delete(f"ledger/{lost}")
    machines.ledger("b").send_left()
    assert lost in machines.there()


def test_one_machine_merges_for_all_and_who_was_away_sends_nothing_again(
    machines: Machines, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        machines.ledger("a").append(rows(number))
    old = machines.there()
    assert len(found(machines.ledger("away"), 0, 1, 2)) == 3
    assert compact(machines.ledger("b")).num_merged == 3
    (merged,) = machines.there() - old
    # within the grace both are there, and rows are read once
    assert machines.ledger("a").segments() == {merged}
    assert machines.ledger("a").ask("SELECT count(*) AS num FROM stored") == [{"num": 3}]
    machines.ledger("a").append(rows(3))
    assert compact(machines.ledger("b")).num_merged == 2
    # the grace counts from the first time that they were merged
    folder = machines.ledger("b").folder
    assert superseded(folder, listed(folder))[min(old)] == merged
    monkeypatch.setattr(compaction, "GRACE_SECONDS", -1.0)
    assert compact(machines.ledger("b")).num_deleted > 0
    assert len(machines.there()) == 1 and not machines.there() & {*old, merged}
    machines.ledger("away").send_left()
    assert len(machines.there()) == 1
    assert found(machines.ledger("away"), 0, 1, 2, 3) == ["0/0", "1/0", "2/0", "3/0"]
    assert compact(machines.ledger("away")).num_deleted == 3


def test_the_grace_is_counted_by_the_buckets_clock(
    machines: Machines, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        machines.ledger("a").append(rows(number))
    compact(machines.ledger("a"))
    monkeypatch.setattr(time, "time", lambda: 4e9)
    assert compact(machines.ledger("b")).num_deleted == 0 and len(machines.there()) == 4


def test_a_listing_that_is_old_when_it_is_read_is_made_again(
    machines: Machines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compaction, "GRACE_SECONDS", -1.0)
    for number in range(3):
        machines.ledger("a").append(rows(number))
    bucket = machines.bucket("b")

    def merge() -> None:
        bucket.afterwards = lambda: None
        compact(machines.ledger("a"))
        compact(machines.ledger("a"))

    bucket.afterwards = merge
    assert len(found(machines.ledger("b", bucket), 0, 1, 2)) == 3
    assert bucket.num_lists == 2 and len(machines.there()) == 1


def test_a_segment_that_is_broken_in_the_bucket_is_named_and_not_taken(machines: Machines) -> None:
    machines.ledger("a").append(rows(1))
    (name,) = machines.there()
    machines.client.put(f"ledger/{name}", b"PAR1 and no end")
    with pytest.raises(BrokenObject, match=f"ledger/{name} in memory:// cannot be read .* generated again"):
        machines.ledger("b").segments()
    assert list(machines.ledger("b").folder.iterdir()) == []
