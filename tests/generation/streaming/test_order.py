"""What tasks make comes in their order, while a slow one holds up few of the others."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from generation.completer import Completer
from generation.ledger.ledger import Ledger
from generation.ledger.seen import Seen
from generation.request import Completion, Request
from generation.scripted import ScriptedBackend
from generation.streaming.flow import flow, in_order
from generation.streaming.reading import Reading
from generation.streaming.tasks import AHEAD, Task
from tests.generation.streaming.test_flow import Feeding, ask, completer, drawn, tasks, tokens


class SlowFirst(Feeding):
    """Answers the first request of all when it has nothing else."""

    def complete_fed(
        self, requests: Sequence[Request], more: Callable[[], Sequence[Request]]
    ) -> Iterator[tuple[int, Completion]]:
        """The first is last."""
        waiting, number = list(enumerate(requests)), len(requests)
        while waiting:
            index, request = waiting.pop(1 if waiting[0][0] == 0 and len(waiting) > 1 else 0)
            yield index, tokens(request)
            fresh = more()
            waiting += enumerate(fresh, start=number)
            number += len(fresh)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("most", [1, 7, 100])
def test_the_order_is_that_of_the_tasks_whatever_comes_first(tmp_path: Path, seed: int, most: int) -> None:
    rounds = ScriptedBackend(tokens)
    expected = list(in_order(completer(rounds, tmp_path / "a"), "x", tasks(40), most))
    assert [each[:1] for each in expected] == [
        [f"task {place}/0"] if place % 4 else [] for place in range(40)
    ]
    fed = Feeding(tokens, slots=9, seed=seed)
    assert list(in_order(completer(fed, tmp_path / "b"), "x", tasks(40), most)) == expected
    again = Feeding(tokens)
    assert list(in_order(completer(again, tmp_path / "b"), "x", tasks(40), most)) == expected
    assert again.requests == [] and sorted(map(str, expected)) == sorted(
        map(str, flow(rounds.in_order, "x", tasks(40), most))
    )


def test_while_the_first_is_slow_some_times_as_many_as_are_under_way_end(tmp_path: Path) -> None:
    begun: list[int] = []

    def counted() -> Iterator[Task[list[str | None]]]:
        for number in range(1000):
            begun.append(number)
            yield drawn(str(number), 1)

    most = 6
    stream = in_order(completer(SlowFirst(tokens), tmp_path), "x", counted(), most)
    assert next(stream)[0] == "0/0"
    # it is answered once there is room for no other, and no sooner
    assert AHEAD * most < len(begun) <= (AHEAD + 1) * most
    assert len(list(stream)) == 999


def test_completions_are_read_on_their_way_and_stored_as_they_came(tmp_path: Path) -> None:
    for backend in (Feeding(tokens), ScriptedBackend(tokens)):
        complete = completer(backend, tmp_path / type(backend).__name__)
        read = Reading(complete, lambda each: each.model_copy(update={"text": each.text.upper()}))
        assert list(in_order(read, "x", [drawn("a", 1)], 4)) == [["A/0", "A/1", "SHARED/0"]]
        stored = complete.ledger.ask("SELECT text FROM completions ORDER BY text")
        assert [row["text"] for row in stored] == ["a/0", "a/1", "shared/0"]
        assert [each.text for each in read("x", [ask("a")])] == ["A/0"]


def test_rounds_ask_for_equal_requests_once() -> None:
    backend = ScriptedBackend(tokens)
    made = list(in_order(backend.in_order, "x", [drawn("a", 1), drawn("a", 1)], 4))
    assert made[0] == made[1] and len(backend.requests) == 3


def test_where_requests_go_by_batch_all_tasks_are_under_way(tmp_path: Path) -> None:
    calls: list[int] = []

    class Batched(Completer):
        """Says so, and counts what is asked together."""

        by_batch = True

        def __call__(self, stage: str, requests: Sequence[Request]) -> list[Completion]:
            calls.append(len(requests))
            return super().__call__(stage, requests)

    complete = Batched(ScriptedBackend(tokens), Ledger(tmp_path), asset="test", report=lambda line: None)
    list(in_order(complete, "x", (drawn(str(place), 1) for place in range(9)), 2))
    assert calls == [2 * 9 + 1]


def test_a_key_is_new_once_in_any_order_and_number() -> None:
    seen, before = Seen(), set[str]()
    for first in range(0, 400, 37):
        keys = [f"key {place % 211}" for place in range(first, first + 90)]
        new = [keys[place] for place in seen.new(keys)]
        assert new == list(dict.fromkeys(key for key in keys if key not in before))
        before |= set(keys)
    assert seen.new([]) == []
