"""Where the ledger's bucket goes away, a stream stores what is in flight and paid for before it ends."""

import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from obstore.exceptions import BaseError, GenericError, PermissionDeniedError
from obstore.store import MemoryStore

from datasets_registry.errors import StoreFailed
from datasets_registry.stores.bucket import BucketStore
from datasets_registry.stores.store import Stored
from generation.completer import Completer
from generation.ledger import ledger as ledger_module
from generation.ledger.ledger import Ledger, Origin, Writer
from generation.ledger.segments import listed
from generation.request import Completion, Request
from generation.streaming.flow import flow
from tests.generation.streaming.test_flow import Feeding, ask, tasks, tokens


class Leaving(BucketStore):
    """A bucket that does not answer while it is away."""

    is_away = False
    error: BaseError = GenericError("it is away")

    def list(self, prefix: str) -> Iterator[Stored]:
        """Or nothing, while it is away."""
        self._ask()
        return super().list(prefix)

    def send(self, name: str, file: Path, *, replace: bool = False) -> bool:
        """Or not, while it is away."""
        self._ask()
        return super().send(name, file, replace=replace)

    def _ask(self) -> None:
        if self.is_away:
            with self._asked("take a segment"):
                raise self.error


class Counting(Feeding):
    """Counts what it was given."""

    num_fed = 0

    def complete_fed(
        self, requests: Sequence[Request], more: Callable[[], Sequence[Request]]
    ) -> Iterator[tuple[int, Completion]]:
        """All of it is paid for."""
        self.num_fed += len(requests)

        def counted() -> Sequence[Request]:
            further = more()
            self.num_fed += len(further)
            return further

        return super().complete_fed(requests, counted)


@pytest.fixture
def bucket(tmp_path: Path) -> Leaving:
    """It is there."""
    return Leaving("memory://", tmp_path, MemoryStore())


@pytest.fixture
def ledger(bucket: Leaving, tmp_path: Path) -> Ledger:
    """Empty."""
    return Ledger(tmp_path / "ledger", store=bucket)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (GenericError("it is away"), "does not take a segment .*check that its server runs"),
        (
            PermissionDeniedError("expired"),
            "refuses to take a segment .* to new ones",
        ),
    ],
)
def test_a_stream_ends_when_what_is_in_flight_is_stored(
    error: BaseError, said: str, ledger: Ledger, bucket: Leaving
) -> None:
    bucket.error = error

    def answer(request: Request) -> Completion:
        bucket.is_away = True
        return tokens(request)

    backend = Counting(answer)
    complete = Completer(backend, ledger, asset="test", report=lambda line: None)
    with pytest.raises(StoreFailed, match=said):
        list(flow(complete, "x", tasks(40), 20))
    local = Ledger(ledger.folder).ask("SELECT count(*) AS num FROM completions")
    assert local == [{"num": backend.num_fed}] and backend.num_fed > 8
    bucket.is_away = False
    again = Feeding(tokens)
    assert (
        len(list(flow(Completer(again, ledger, asset="test", report=lambda line: None), "x", tasks(40), 20)))
        == 40
    )
    assert not set(again.requests) & set(backend.requests)


def test_a_bucket_that_comes_back_before_the_end_ends_nothing(
    ledger: Ledger, bucket: Leaving, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger_module, "FLUSH_SECONDS", 0.02)
    monkeypatch.setattr(ledger_module, "FLUSH_COMPLETIONS", 3)
    answer = Completion(text="x", finish_reason="stop")
    with Writer(ledger, Origin("m", "b", "x")) as writer:
        bucket.is_away = True
        for number in range(8):
            writer.add(str(number), ask("x", number), answer)
        time.sleep(0.1)
        writer.add("8", ask("x", 8), answer)
        bucket.is_away = False
    assert {each.name for each in bucket.list("ledger")} == {
        f"ledger/{name}" for name in listed(ledger.folder)
    }
