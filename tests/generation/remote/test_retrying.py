"""How long is waited, what counts as down, and how the number in flight adapts."""

import asyncio
import time
from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generation.remote.concurrency import AdaptiveLimit
from generation.remote.retrying import Breaker, Kind, Patience, retry_after

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


@given(st.integers(1, 200), st.integers())
def test_delays_are_drawn_below_a_bound_that_doubles_up_to_the_longest(failures: int, seed: int) -> None:
    patience = Patience(first_delay=0.5, longest_delay=30)
    delay = patience.delay(failures, Random(seed))
    assert 0 <= delay <= min(30, 0.5 * 2 ** (failures - 1))
    assert delay == patience.delay(failures, Random(seed))


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("3", 3),
        ("1.5", 1.5),
        ("-4", 0),
        ("", None),
        ("soon", None),
        ("nan", None),
        ("inf", None),
        (format_datetime(NOON + timedelta(seconds=90), usegmt=True), 90),
        (format_datetime((NOON + timedelta(seconds=9)).astimezone(timezone(timedelta(hours=2)))), 9),
        (format_datetime(NOON - timedelta(hours=1), usegmt=True), 0),
    ],
)
def test_retry_after_is_seconds_or_a_date_or_nothing(value: str, seconds: float | None) -> None:
    assert retry_after({"retry-after": value}, NOON) == seconds


def rounds(breaker: Breaker, kind: Kind, number: int, *, requests: int) -> list[bool]:
    """Whether it has tripped after each of so many rounds of failure."""
    tripped = []
    for count in range(number):
        breaker.failed(count % requests, kind, time.monotonic())
        tripped.append(breaker.tripped)
    return tripped


def test_only_rounds_without_any_success_between_break() -> None:
    assert rounds(Breaker(4), "unreachable", 4, requests=1) == [False, False, False, True]
    assert rounds(Breaker(9), "hang", 3, requests=3) == [False, False, True]
    assert not any(rounds(Breaker(9), "hang", 30, requests=2))
    assert not any(rounds(Breaker(4), "broken", 40, requests=3))
    breaker = Breaker(4)
    for _ in range(5):
        assert not any(rounds(breaker, "unreachable", 3, requests=1))
        breaker.succeeded()


def test_a_burst_of_failures_is_one_round() -> None:
    breaker, started = Breaker(4), time.monotonic()
    assert [breaker.failed(number, "broken", started) for number in range(64)] == [True] + [False] * 63
    assert breaker.num_rounds == 1 and not breaker.tripped


def test_a_burst_of_overloads_halves_once_and_the_next_round_trip_again() -> None:
    async def run() -> list[float]:
        limit, started = AdaptiveLimit(64), time.monotonic()
        limits = [limit.limit]
        for _ in range(8):
            limit.shrink(started)
        limits.append(limit.limit)
        for _ in range(9):
            limit.shrink(time.monotonic())
        return [*limits, limit.limit]

    assert asyncio.run(run()) == [8, 4, 1]


def test_the_limit_doubles_per_round_trip_until_an_overload_and_then_grows_by_one() -> None:
    async def run() -> list[int]:
        limit, seen = AdaptiveLimit(100), []
        for turn in range(5):
            limit.in_flight = num = int(limit.limit)
            for _ in range(num):
                limit.grow()
                limit.in_flight = int(limit.limit)
            seen.append(int(limit.limit))
            if turn == 2:
                limit.shrink(time.monotonic())
        return seen

    assert asyncio.run(run()) == [16, 32, 64, 32, 33]
