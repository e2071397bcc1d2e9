"""Limits and faults of the loopback servers."""

import json
from contextlib import closing
from http.client import HTTPConnection, HTTPException

import pytest

from generation.loopback.dialects import CLAUDE, GPT4
from generation.loopback.limits import Fault, Limit
from generation.loopback.server import LoopbackServer
from tests.generation.loopback.asking import HELLO, chat, message, send


def test_what_is_beyond_the_limit_is_told_when_to_come_back() -> None:
    with LoopbackServer(GPT4, limit=Limit(2)) as server:
        statuses = [chat(server)[0] for _ in range(3)]
        body = {"model": server.dialect.model, "messages": HELLO}
        with closing(HTTPConnection("127.0.0.1", server.port)) as connection:
            connection.request("POST", "/v1/chat/completions", json.dumps(body))
            headers = connection.getresponse().headers
    assert statuses == [200, 200, 429] and len(server.paid) == 2
    assert 1 <= int(headers["retry-after"]) <= 60
    assert headers["x-ratelimit-limit-requests"] == "2" and headers["x-ratelimit-remaining-requests"] == "0"


def test_a_window_ends() -> None:
    limit = Limit(1, seconds=0.0)
    assert limit.take() and limit.take()


def test_anthropics_limit_is_told_in_its_words() -> None:
    with LoopbackServer(CLAUDE, limit=Limit(0)) as server:
        status, reply = message(server)
    assert (status, reply["error"]["type"]) == (429, "rate_limit_error")


@pytest.mark.parametrize(
    ("fault", "paid"), [("cut", 1), ("reset", 0), ("broken", 1), ("500", 0), ("503", 0), ("529", 0)]
)
def test_a_fault_meets_its_call_alone(fault: Fault, paid: int) -> None:
    with LoopbackServer(GPT4, faults=lambda number: fault if number == 0 else None) as server:
        try:
            assert chat(server)[0] == int(fault)
        except (HTTPException, ConnectionError, ValueError):
            assert fault in ("cut", "reset", "broken")
        assert len(server.paid) == paid
        assert chat(server)[0] == 200


def test_an_alias_moves() -> None:
    with LoopbackServer(GPT4) as server:
        before = chat(server)[1]["model"]
        server.states = "gpt-4.1-mini-2026-06-01"
        assert chat(server)[1]["model"] == server.states != before


def test_what_is_no_json_is_refused() -> None:
    with LoopbackServer(GPT4) as server:
        assert send(server, "POST", "/v1/chat/completions", b"{")[0] == 400
        assert send(server, "POST", "/v1/nothing", {})[0] == 404
