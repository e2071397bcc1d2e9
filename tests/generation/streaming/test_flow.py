"""Tasks get what they ask for in any order of arrival, and all that a completer promises holds."""

import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from datasets_registry.agreement.claim import Claim
from datasets_registry.errors import BrokenCatalog, ModelFailed, OverBudget
from generation.completer import Completer
from generation.ledger.claims import claim
from generation.ledger.ledger import Ledger, Origin, Writer
from generation.request import Completion, Message, Request
from generation.scripted import ScriptedBackend
from generation.spending import Budget, Meter
from generation.streaming.flow import flow
from generation.streaming.tasks import Task


class Feeding(ScriptedBackend):
    """Has ``slots`` requests in hand, answers any of them next, and takes more."""

    def __init__(
        self, script: Callable[[Request], str | Completion], *, slots: int = 8, seed: int = 0
    ) -> None:
        super().__init__(script)
        self._slots, self._rng = slots, random.Random(seed)

    def complete_fed(
        self, requests: Sequence[Request], more: Callable[[], Sequence[Request]]
    ) -> Iterator[tuple[int, Completion]]:
        """Answer in an order of its own."""
        waiting, number = list(enumerate(requests)), len(requests)
        while waiting:
            place = self._rng.randrange(min(self._slots, len(waiting)))
            index, request = waiting.pop(place)
            ((_, completion),) = self.complete([request])
            yield index, completion
            fresh = more()
            waiting += enumerate(fresh, start=number)
            number += len(fresh)


def ask(text: str, sample: int = 0) -> Request:
    """A one-turn request."""
    return Request(messages=(Message(role="user", content=text),), sample=sample)


def tokens(request: Request) -> Completion:
    """An answer by the request alone, at the price of ten tokens."""
    text = f"{request.messages[-1].content}/{request.sample}"
    return Completion(text=text, finish_reason="stop", num_completion_tokens=10)


def drawn(name: str, num_steps: int) -> Task[list[str | None]]:
    """Steps of two draws, the number of which follows from the name; both also ask what all ask."""
    texts: list[str | None] = []
    for step in range(num_steps):
        requests = [ask(name, 2 * step), ask(name, 2 * step + 1), ask("shared", step)]
        for completion in (yield requests):
            texts.append(completion.error or completion.text)
    return texts


def tasks(number: int) -> Iterator[Task[list[str | None]]]:
    """Tasks of none to three steps."""
    return (drawn(f"task {place}", place % 4) for place in range(number))


def completer(
    backend: ScriptedBackend,
    folder: Path,
    *,
    budget: int | None = None,
    report: Callable[[str], None] = lambda line: None,
) -> Completer:
    """The backend behind a ledger."""
    meter = Meter(budget=Budget(max_tokens=budget))
    return Completer(backend, Ledger(folder), asset="test", report=report, meter=meter)


@pytest.mark.parametrize("seed", range(3))
def test_a_stream_gives_what_rounds_give_and_asks_for_each_key_once(tmp_path: Path, seed: int) -> None:
    rounds, fed = ScriptedBackend(tokens), Feeding(tokens, slots=1 + 5 * seed, seed=seed)
    expected = sorted(map(str, flow(completer(rounds, tmp_path / "a"), "x", tasks(40), 7)))
    found = sorted(map(str, flow(completer(fed, tmp_path / "b"), "x", tasks(40), 7)))
    assert found == expected and len(found) == 40
    assert len(fed.requests) == len(set(fed.requests)) == len(set(rounds.requests))
    again = Feeding(tokens)
    assert sorted(map(str, flow(completer(again, tmp_path / "b"), "x", tasks(40), 7))) == expected
    assert again.requests == [] and not list((tmp_path / "b" / "claims").glob("*.claim"))


def test_no_more_than_so_many_tasks_are_under_way(tmp_path: Path) -> None:
    begun: list[int] = []

    def counted() -> Iterator[Task[list[str | None]]]:
        for number in range(100):
            begun.append(number)
            yield drawn(str(number), 1)

    stream = flow(completer(Feeding(tokens), tmp_path), "x", counted(), 6)
    next(stream)
    assert len(begun) < 2 * 6


def test_one_slow_request_holds_up_no_other_task(tmp_path: Path) -> None:
    picked: list[str] = []

    class Slow(Feeding):
        def complete_fed(
            self, requests: Sequence[Request], more: Callable[[], Sequence[Request]]
        ) -> Iterator[tuple[int, Completion]]:
            slow = requests[0]
            waiting, number = list(enumerate(requests)), len(requests)
            while waiting:
                # the first request of all is answered when there is nothing else
                index, request = waiting.pop(1 if waiting[0][1] is slow and len(waiting) > 1 else 0)
                yield index, tokens(request)
                picked.append(request.messages[0].content)
                fresh = more()
                waiting += enumerate(fresh, start=number)
                number += len(fresh)

    names = (drawn(f"task {place}", 3) for place in range(20))
    ended = list(flow(completer(Slow(tokens), tmp_path), "x", names, 4))
    # the others are through with all of their steps before it has its first
    assert len(ended) == 20 and ended[-1][0] == "task 0/0"
    assert set(picked[-5:]) == {"task 0"} and picked.count("task 19") == 6


def test_a_stream_that_goes_on_begins_with_what_is_missing_of_all_tasks(tmp_path: Path) -> None:
    fed: list[int] = []

    class Counted(Feeding):
        def complete_fed(
            self, requests: Sequence[Request], more: Callable[[], Sequence[Request]]
        ) -> Iterator[tuple[int, Completion]]:
            fed.append(len(requests))
            return super().complete_fed(requests, more)

    list(flow(completer(Feeding(tokens), tmp_path), "x", [drawn("a", 2)], 8))
    tasks = (drawn(name, steps) for name, steps in (("late", 1), ("a", 2), ("a", 3), ("b", 1)))
    assert len(list(flow(completer(Counted(tokens), tmp_path), "x", tasks, 8))) == 4
    # two of the late one, two of b, and the third step of a, before which all is found
    assert fed == [7]


def test_a_failure_is_handed_over_as_a_row_and_is_tried_again(tmp_path: Path) -> None:
    def broken(request: Request) -> Completion:
        return Completion(finish_reason="error", error="broke") if request.sample == 1 else tokens(request)

    failed = list(flow(completer(Feeding(broken), tmp_path), "x", [drawn("a", 1)], 4))
    assert failed == [["a/0", "broke", "shared/0"]]
    backend = Feeding(tokens)
    assert list(flow(completer(backend, tmp_path), "x", [drawn("a", 1)], 4)) == [["a/0", "a/1", "shared/0"]]
    assert [request.sample for request in backend.requests] == [1]


def test_what_came_before_the_backend_broke_is_saved(tmp_path: Path) -> None:
    def breaking(request: Request) -> Completion:
        if request.messages[0].content == "task 9":
            raise RuntimeError("engine died")
        return tokens(request)

    first = Feeding(breaking)
    with pytest.raises(RuntimeError, match="engine died"):
        list(flow(completer(first, tmp_path), "x", tasks(20), 5))
    second = Feeding(tokens)
    assert len(list(flow(completer(second, tmp_path), "x", tasks(20), 5))) == 20
    assert first.requests and not set(first.requests[:-1]) & set(second.requests)


def test_a_plan_over_the_budget_ends_the_stream_when_what_is_in_flight_is_saved(tmp_path: Path) -> None:
    backend = Feeding(tokens)
    list(flow(completer(backend, tmp_path), "x", [drawn("history", 1)], 4))
    del backend.requests[:]
    run = completer(backend, tmp_path, budget=500)
    with pytest.raises(OverBudget, match=r"needs about .* and budget.max_tokens is 500"):
        list(flow(run, "x", tasks(60), 8))
    assert 0 < run.meter.tokens <= 500
    assert run.ledger.stats()[0]["completions"] == len(backend.requests) + 3 == run.num_generated + 3


def test_a_budget_that_answers_exceed_stops_at_once(tmp_path: Path) -> None:
    def long(request: Request) -> Completion:
        return tokens(request).model_copy(update={"num_completion_tokens": 450})

    run = completer(Feeding(long), tmp_path, budget=800)
    with pytest.raises(OverBudget, match=r"has spent 900 tokens .* with 1 completions to go"):
        list(flow(run, "x", [drawn("a", 1), drawn("b", 1)], 1))
    assert run.ledger.stats()[0]["completions"] == 2


def test_a_backend_that_leaves_requests_out_is_named(tmp_path: Path) -> None:
    class Lazy(Feeding):
        def complete_fed(
            self, requests: Sequence[Request], more: Callable[[], Sequence[Request]]
        ) -> Iterator[tuple[int, Completion]]:
            yield 0, tokens(requests[0])

    with pytest.raises(ModelFailed, match="left 2 requests without an answer: what it answered is saved"):
        list(flow(completer(Lazy(tokens), tmp_path), "x", [drawn("a", 1)], 4))


def test_what_another_process_generates_is_waited_for_and_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("generation.completer.POLL_SECONDS", 0.02)
    backend, lines = Feeding(tokens), list[str]()
    theirs = ask("a", 1).key(backend.fingerprint)
    with claim(tmp_path / "claims", [theirs]):
        ended: list[list[str | None]] = []
        run = completer(backend, tmp_path, report=lines.append)
        thread = threading.Thread(target=lambda: ended.extend(flow(run, "x", [drawn("a", 1)], 4)))
        thread.start()
        while not any("waiting for 1 completions that process" in line for line in lines):
            time.sleep(0.01)
        assert [request.sample for request in backend.requests if request.messages[0].content == "a"] == [0]
        with Writer(run.ledger, Origin(backend.fingerprint, "other", "other")) as writer:
            writer.add(theirs, ask("a", 1), Completion(text="theirs", finish_reason="stop"))
    thread.join(30)
    assert ended == [["a/0", "theirs", "shared/0"]]


def test_a_catalog_that_goes_away_ends_a_stream_when_what_is_in_flight_is_stored(tmp_path: Path) -> None:
    backend = Feeding(tokens)

    class Away(Ledger):
        """A ledger whose second claim finds nobody to agree with."""

        claimed: Sequence[str] = ()

        def claim(self, keys: Sequence[str]) -> AbstractContextManager[Claim]:
            if self.claimed:
                raise BrokenCatalog("the catalog's server has been away")
            self.claimed = keys
            return super().claim(keys)

    ledger = Away(tmp_path)
    complete = Completer(backend, ledger, asset="test", report=lambda line: None)
    with pytest.raises(BrokenCatalog, match="has been away"):
        list(flow(complete, "x", tasks(40), 20))
    (first,) = ledger.ask("SELECT count(*) AS num FROM completions")
    assert first["num"] == len(ledger.claimed) > 20
