"""How many requests the openai backend has in flight, in which order they end, and how long it waits."""

import threading
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from datasets_registry.errors import ModelFailed
from tests.generation.misbehaving_server import HANG, Answer, Call, refused, spoken
from tests.generation.serving import ask, echo, finished, first_then, serving


def test_waiting_for_a_slot_is_no_part_of_the_timeout(tmp_path: Path) -> None:
    def answer(call: Call) -> Answer:
        if call.number == 0:
            return refused(429, "slow down", retry_after="1")
        return Answer(spoken("ok"), delay=0.1)

    with serving(answer, tmp_path, timeout_seconds=0.4, max_concurrency=40) as (server, backend):
        rows = finished(backend, [ask(str(number)) for number in range(40)])
    assert [row.error for row in rows] == [None] * 40 and len(server.calls) == 41


@pytest.mark.parametrize("dated", [False, True])
def test_retry_after_holds_everything_back(tmp_path: Path, dated: bool) -> None:
    def answer(call: Call) -> Answer:
        if call.number:
            return echo(call)
        then = format_datetime(datetime.now(UTC) + timedelta(seconds=2), usegmt=True)
        return refused(429, "slow down", retry_after=then if dated else "1")

    with serving(answer, tmp_path, max_concurrency=1) as (server, backend):
        rows = finished(backend, [ask("a"), ask("b")])
    assert [row.text for row in rows] == ["re: a", "re: b"]
    # an HTTP date has whole seconds
    assert server.calls[1].at - server.calls[0].at >= 0.95


def test_a_retry_after_of_an_hour_stops_the_run(tmp_path: Path) -> None:
    answers = first_then(refused(429, "quota of the day", retry_after="3600"))
    with serving(answers, tmp_path) as (_, backend), pytest.raises(ModelFailed, match="wait 3600 s.*saved"):
        list(backend.complete([ask("a")]))


def test_completions_come_in_the_order_in_which_they_finish(tmp_path: Path) -> None:
    def answer(call: Call) -> Answer:
        return Answer(spoken("ok"), delay=float(call.prompt))

    delays = [0.5, 0.1, 0.9, 0.3, 0.7]
    with serving(answer, tmp_path) as (_, backend):
        order = [index for index, _ in backend.complete([ask(str(delay)) for delay in delays])]
    assert order == [1, 3, 0, 4, 2]


def test_no_more_are_in_flight_than_allowed_and_the_limit_is_reached(tmp_path: Path) -> None:
    # longer than a busy machine needs to send as many as it may
    def answer(call: Call) -> Answer:
        return Answer(spoken("ok"), delay=0.3)

    with serving(answer, tmp_path, max_concurrency=12) as (server, backend):
        finished(backend, [ask(str(number)) for number in range(150)])
    assert server.max_in_flight == 12
    assert server.calls[7].in_flight <= 8


def test_too_many_requests_halve_what_is_in_flight_and_success_raises_it_again(tmp_path: Path) -> None:
    capacity = 6

    def answer(call: Call) -> Answer:
        busy = call.in_flight > capacity
        return refused(429, "slow down") if busy else Answer(spoken("ok"), delay=0.1)

    with serving(answer, tmp_path, max_concurrency=64) as (server, backend):
        rows = finished(backend, [ask(str(number)) for number in range(300)])
    refusals = sum(call.in_flight > capacity for call in server.calls)
    settled = [call.in_flight for call in server.calls[100:-20]]
    assert [row.error for row in rows] == [None] * 300
    assert server.max_in_flight <= 2 * capacity + 4 and max(settled) <= capacity + 2
    assert refusals < 60 and sum(settled) / len(settled) > capacity / 2


def test_closing_the_iterator_cancels_what_is_in_flight(tmp_path: Path) -> None:
    def answer(call: Call) -> Answer:
        return echo(call) if call.number == 0 else Answer(delay=HANG)

    with serving(answer, tmp_path, max_concurrency=4) as (server, backend):
        running = backend.complete([ask(str(number)) for number in range(50)])
        next(running)
        begun = time.monotonic()
        running.close()  # type: ignore[attr-defined]
        assert time.monotonic() - begun < 2
        assert len(server.calls) <= 6
    assert not [thread for thread in threading.enumerate() if "_run" in thread.name]
