"""The openai backend against a server that fails in every way that servers do."""

import threading
import time
from pathlib import Path

import pytest

from datasets_registry.errors import BadInput, ModelFailed
from generation.completer import Completer
from generation.ledger.ledger import Ledger
from tests.generation.misbehaving_server import HANG, Answer, Call, refused, spoken
from tests.generation.serving import QUICK, ask, echo, finished, first_then, serving

BROKEN = {
    "500": refused(500, "engine trouble"),
    "502 in HTML": Answer(b"<html>bad gateway</html>", status=502, headers={"content-type": "text/html"}),
    "reset": Answer(manner="reset"),
    "half a body": Answer(spoken("half"), manner="half"),
    "wrong JSON": Answer(b'{"choices": [{]}'),
    "no JSON": Answer(b"ok", headers={"content-type": "text/plain"}),
    "no choices": Answer({"usage": {}}),
    "empty choices": Answer({"choices": []}),
    "an error as a success": Answer({"error": {"message": "overloaded"}}),
    "429": refused(429, "slow down"),
    "503": refused(503, "loading"),
}


@pytest.mark.parametrize("broken", BROKEN)
def test_what_passes_is_asked_again(tmp_path: Path, broken: str) -> None:
    answers = first_then(BROKEN[broken], BROKEN[broken])
    with serving(answers, tmp_path, max_concurrency=1) as (server, backend):
        (completion,) = finished(backend, [ask("hi")])
    assert (completion.text, completion.error, len(server.calls)) == ("re: hi", None, 3)


@pytest.mark.parametrize("broken", BROKEN)
def test_what_never_passes_is_a_failed_row_with_its_reason_and_the_rest_goes_on(
    tmp_path: Path, broken: str
) -> None:
    def answer(call: Call) -> Answer:
        return BROKEN[broken] if call.prompt == "bad" else echo(call)

    with serving(answer, tmp_path) as (server, backend):
        bad, good = finished(backend, [ask("bad"), ask("good")])
    assert good.text == "re: good"
    assert bad.finish_reason == "error" and bad.text == "" and "after 6 attempts" in str(bad.error)
    assert sum(call.prompt == "bad" for call in server.calls) == QUICK.attempts


def test_a_hang_is_ended_by_the_timeout_and_asked_again(tmp_path: Path) -> None:
    with serving(first_then(Answer(delay=HANG)), tmp_path, timeout_seconds=0.3) as (server, backend):
        begun = time.monotonic()
        (completion,) = finished(backend, [ask("hi")])
    assert completion.text == "re: hi" and len(server.calls) == 2
    assert 0.3 <= time.monotonic() - begun < 3


WINDOW = "This model's maximum context length is 512 tokens. However, you requested 600 tokens."


def test_a_prompt_beyond_the_window_is_a_failed_row_and_asked_once(tmp_path: Path) -> None:
    def answer(call: Call) -> Answer:
        return refused(400, WINDOW) if call.prompt == "long" else echo(call)

    with serving(answer, tmp_path) as (server, backend):
        long, short = finished(backend, [ask("long"), ask("short")])
    assert "exceed the window" in str(long.error) and "512" in str(long.error)
    assert short.error is None and len(server.calls) == 2


def test_another_refusal_is_a_failed_row_with_the_servers_sentence_cut(tmp_path: Path) -> None:
    with serving(lambda call: refused(400, "bad stop " + "x" * 5000), tmp_path) as (_, backend):
        (completion,) = finished(backend, [ask("a")])
    assert "HTTP 400: bad stop xxx" in str(completion.error) and len(str(completion.error)) < 400


FATAL: list[tuple[Answer, type[Exception], str]] = [
    (refused(401, "no"), BadInput, "SERVER_KEY"),
    (refused(403, "not for you"), BadInput, r"not for you.*SERVER_KEY"),
    (refused(404, "no such model"), BadInput, r"'m'.*no such model.*engine.served_model"),
    (refused(402, "pay"), ModelFailed, "quota"),
    (Answer({"error": {"message": "out", "code": "insufficient_quota"}}, status=429), ModelFailed, "quota"),
]


@pytest.mark.parametrize(("answer", "error", "says"), FATAL)
def test_a_bad_key_or_model_or_account_stops_the_run_at_once(
    tmp_path: Path, answer: Answer, error: type[Exception], says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SERVER_KEY", "sk-secret")
    with (
        serving(lambda call: answer, tmp_path, api_key_env="SERVER_KEY", max_concurrency=1) as (
            server,
            backend,
        ),
        pytest.raises(error, match=says),
    ):
        list(backend.complete([ask(str(number)) for number in range(20)]))
    assert len(server.calls) == 1


def test_a_server_that_is_down_breaks_the_run_and_what_was_done_is_kept(tmp_path: Path) -> None:
    down = threading.Event()

    def answer(call: Call) -> Answer:
        if call.number >= 30:
            down.set()
        return Answer(manner="reset") if down.is_set() else echo(call)

    requests = [ask(str(number)) for number in range(100)]
    ledger = Ledger(tmp_path / "ledger")
    with serving(answer, tmp_path, max_concurrency=4) as (server, backend):
        complete = Completer(backend, ledger, asset="a", report=lambda line: None)
        with pytest.raises(ModelFailed, match="is down .*start it again and rerun; all finished"):
            complete("one", requests)
        kept = ledger.find([request.key(backend.fingerprint) for request in requests])
        assert len(kept) == 30
        down.clear()
        server.calls, server.answer = [], echo
        rows = complete("two", requests)
    assert [row.text for row in rows] == [f"re: {number}" for number in range(100)]
    assert len(server.calls) == 70


def test_a_server_that_is_not_there_breaks_the_run_however_few_the_requests(tmp_path: Path) -> None:
    with serving(echo, tmp_path) as (server, backend):
        address = server.url
    with pytest.raises(ModelFailed, match=f"{address} is down .no connection"):
        list(backend.complete([ask("a")]))


def test_a_hung_server_breaks_the_run_after_a_few_timeouts(tmp_path: Path) -> None:
    def hang(call: Call) -> Answer:
        return Answer(delay=HANG)

    begun = time.monotonic()
    with (
        serving(hang, tmp_path, timeout_seconds=0.2, max_concurrency=32) as (_, backend),
        pytest.raises(ModelFailed, match=r"timeout_seconds.*3 rounds"),
    ):
        list(backend.complete([ask(str(number)) for number in range(100)]))
    assert time.monotonic() - begun < 5


def test_a_short_outage_breaks_nothing(tmp_path: Path) -> None:
    def answer(call: Call) -> Answer:
        return refused(500, "restarting") if 40 <= call.number < 120 else Answer(spoken("ok"), delay=0.005)

    with serving(answer, tmp_path, max_concurrency=32) as (_, backend):
        rows = finished(backend, [ask(str(number)) for number in range(200)])
    assert [row.error for row in rows] == [None] * 200


def test_a_few_bad_requests_break_nothing_though_they_are_all_that_is_left(tmp_path: Path) -> None:
    with serving(lambda call: refused(500, "bad prompt"), tmp_path, patience=QUICK) as (_, backend):
        rows = finished(backend, [ask(str(number)) for number in range(QUICK.rounds - 1)])
    assert all("bad prompt" in str(row.error) for row in rows)


def test_a_server_that_only_says_slow_down_breaks_the_run(tmp_path: Path) -> None:
    with (
        serving(lambda call: refused(429, "slow down"), tmp_path) as (_, backend),
        pytest.raises(ModelFailed, match="slow down"),
    ):
        list(backend.complete([ask(str(number)) for number in range(40)]))
