"""The openai backend against a server that misbehaves in every way that servers do."""

import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest
from pydantic import ValidationError

from datasets_registry.errors import BadInput, ModelFailed
from generation.completer import Completer
from generation.engine import EngineSettings
from generation.ledger import Ledger
from generation.openai_protocol import sample_seed
from generation.openai_server import OpenAIBackend
from generation.request import Completion, Message, Request, SamplingParams
from generation.retrying import Patience
from tests.generation.misbehaving_server import HANG, Answer, Call, MisbehavingServer, refused, spoken

QUICK = Patience(first_delay=0.01, longest_delay=0.05)


def ask(text: str, *, choices: tuple[str, ...] = (), sample: int = 0, **params: Any) -> Request:
    """A one-turn request."""
    messages = (Message(role="user", content=text),)
    return Request(
        messages=messages, params=SamplingParams.model_validate(params), choices=choices, sample=sample
    )


def echo(call: Call) -> Answer:
    """A good answer that repeats the prompt."""
    return Answer(spoken(f"re: {call.prompt}"))


def first_then(*answers: Answer) -> Callable[[Call], Answer]:
    """These answers in turn, and good ones afterwards."""
    return lambda call: answers[call.number] if call.number < len(answers) else echo(call)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A model folder with nothing in it: a hosted model."""
    return tmp_path / "none"


@contextmanager
def serving(
    answer: Callable[[Call], Answer],
    folder: Path,
    *,
    patience: Patience = QUICK,
    owner: str = "vllm",
    **engine: Any,
) -> Iterator[tuple[MisbehavingServer, OpenAIBackend]]:
    """A server that answers so, and the backend that asks it."""
    with MisbehavingServer(answer, owner=owner) as server:
        settings = EngineSettings(base_url=server.url, **{"served_model": "m", **engine})
        yield server, OpenAIBackend(folder, settings, patience=patience, jitter=Random(0))


def finished(backend: OpenAIBackend, requests: list[Request]) -> list[Completion]:
    """The completions in the order of the requests."""
    found = dict(backend.complete(requests))
    assert sorted(found) == list(range(len(requests)))
    return [found[place] for place in range(len(requests))]


def test_text_counts_and_every_parameter_go_over_the_wire(folder: Path) -> None:
    usage = {"prompt_tokens": 9, "completion_tokens": 4, "prompt_tokens_details": {"cached_tokens": 8}}
    with serving(lambda call: Answer(spoken("héllo 🌍") | {"usage": usage}), folder) as (server, backend):
        request = ask("مرحبا", temperature=0.5, top_p=0.9, max_tokens=5, stop=("\n", "END"))
        (one,) = finished(backend, [request])
    assert one == Completion(
        text="héllo 🌍", finish_reason="stop",
        num_prompt_tokens=9, num_cached_tokens=8, num_completion_tokens=4,
    )  # fmt: skip
    sent = server.calls[0].body
    assert sent["messages"] == [{"role": "user", "content": "مرحبا"}]
    assert (sent["temperature"], sent["top_p"], sent["max_tokens"]) == (0.5, 0.9, 5)
    assert (sent["stop"], sent["seed"], sent["model"]) == (["\n", "END"], sample_seed(request), "m")
    assert (sent["top_k"], sent["repetition_penalty"]) == (-1, 1.0)


def test_samples_of_one_prompt_have_seeds_of_their_own() -> None:
    seeds = [sample_seed(ask("hello", sample=number)) for number in range(2000)]
    assert len(set(seeds)) == 2000 and seeds == [sample_seed(ask("hello", sample=n)) for n in range(2000)]
    assert all(0 <= one < 2**31 for one in seeds)
    assert sample_seed(ask("hello", max_tokens=9)) == seeds[0] != sample_seed(ask("other"))


@pytest.mark.parametrize(("content", "finish"), [("", "stop"), (None, "stop"), ("cut", "length")])
def test_empty_and_cut_completions_are_completions(folder: Path, content: str | None, finish: str) -> None:
    with serving(lambda call: Answer(spoken(content, finish=finish)), folder) as (_, backend):
        (one,) = finished(backend, [ask("hi")])
    assert (one.text, one.finish_reason, one.error) == (content or "", finish, None)


def test_an_answer_without_usage_is_one_and_a_filtered_one_is_a_failed_row(folder: Path) -> None:
    bare = {"choices": spoken("yes")["choices"]}
    answers = first_then(Answer(bare), Answer(spoken("no", finish="content_filter")))
    with serving(answers, folder, max_concurrency=1) as (_, backend):
        one, two = finished(backend, [ask("a"), ask("b")])
    assert (one.text, one.num_prompt_tokens, one.error) == ("yes", 0, None)
    assert two.finish_reason == "error" and "content_filter" in str(two.error)


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
def test_what_passes_is_asked_again(folder: Path, broken: str) -> None:
    answers = first_then(BROKEN[broken], BROKEN[broken])
    with serving(answers, folder, max_concurrency=1) as (server, backend):
        (one,) = finished(backend, [ask("hi")])
    assert (one.text, one.error, len(server.calls)) == ("re: hi", None, 3)


@pytest.mark.parametrize("broken", BROKEN)
def test_what_never_passes_is_a_failed_row_with_its_reason_and_the_rest_goes_on(
    folder: Path, broken: str
) -> None:
    def answer(call: Call) -> Answer:
        return BROKEN[broken] if call.prompt == "bad" else echo(call)

    with serving(answer, folder) as (server, backend):
        bad, good = finished(backend, [ask("bad"), ask("good")])
    assert good.text == "re: good"
    assert bad.finish_reason == "error" and bad.text == "" and "after 6 attempts" in str(bad.error)
    assert sum(call.prompt == "bad" for call in server.calls) == QUICK.attempts


def test_a_hang_is_ended_by_the_timeout_and_asked_again(folder: Path) -> None:
    with serving(first_then(Answer(delay=HANG)), folder, timeout_seconds=0.3) as (server, backend):
        begun = time.monotonic()
        (one,) = finished(backend, [ask("hi")])
    assert one.text == "re: hi" and len(server.calls) == 2
    assert 0.3 <= time.monotonic() - begun < 3


def test_waiting_for_a_slot_is_no_part_of_the_timeout(folder: Path) -> None:
    def slow(call: Call) -> Answer:
        return Answer(spoken("ok"), delay=0.2)

    with serving(slow, folder, timeout_seconds=0.6, max_concurrency=2) as (server, backend):
        rows = finished(backend, [ask(str(number)) for number in range(12)])
    assert [one.error for one in rows] == [None] * 12 and len(server.calls) == 12


@pytest.mark.parametrize("dated", [False, True])
def test_retry_after_holds_everything_back(folder: Path, dated: bool) -> None:
    def answer(call: Call) -> Answer:
        if call.number:
            return echo(call)
        then = format_datetime(datetime.now(UTC) + timedelta(seconds=2), usegmt=True)
        return refused(429, "slow down", retry_after=then if dated else "1")

    with serving(answer, folder, max_concurrency=1) as (server, backend):
        rows = finished(backend, [ask("a"), ask("b")])
    assert [one.text for one in rows] == ["re: a", "re: b"]
    # an HTTP date has whole seconds
    assert server.calls[1].at - server.calls[0].at >= 0.95


def test_a_retry_after_of_an_hour_stops_the_run(folder: Path) -> None:
    answers = first_then(refused(429, "quota of the day", retry_after="3600"))
    with serving(answers, folder) as (_, backend), pytest.raises(ModelFailed, match="wait 3600 s.*saved"):
        list(backend.complete([ask("a")]))


WINDOW = "This model's maximum context length is 512 tokens. However, you requested 600 tokens."


def test_a_prompt_beyond_the_window_is_a_failed_row_and_asked_once(folder: Path) -> None:
    def answer(call: Call) -> Answer:
        return refused(400, WINDOW) if call.prompt == "long" else echo(call)

    with serving(answer, folder) as (server, backend):
        long, short = finished(backend, [ask("long"), ask("short")])
    assert "exceed the window" in str(long.error) and "512" in str(long.error)
    assert short.error is None and len(server.calls) == 2


def test_another_refusal_is_a_failed_row_with_the_servers_sentence_cut(folder: Path) -> None:
    with serving(lambda call: refused(400, "bad stop " + "x" * 5000), folder) as (_, backend):
        (one,) = finished(backend, [ask("a")])
    assert "HTTP 400: bad stop xxx" in str(one.error) and len(str(one.error)) < 400


FATAL: list[tuple[Answer, type[Exception], str]] = [
    (refused(401, "no"), BadInput, "SERVER_KEY"),
    (refused(403, "not for you"), BadInput, r"not for you.*SERVER_KEY"),
    (refused(404, "no such model"), BadInput, r"'m'.*no such model.*engine.served_model"),
    (refused(402, "pay"), ModelFailed, "quota"),
    (Answer({"error": {"message": "out", "code": "insufficient_quota"}}, status=429), ModelFailed, "quota"),
]


@pytest.mark.parametrize(("answer", "error", "says"), FATAL)
def test_a_bad_key_or_model_or_account_stops_the_run_at_once(
    folder: Path, answer: Answer, error: type[Exception], says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SERVER_KEY", "sk-secret")
    with (
        serving(lambda call: answer, folder, api_key_env="SERVER_KEY", max_concurrency=1) as (
            server,
            backend,
        ),
        pytest.raises(error, match=says),
    ):
        list(backend.complete([ask(str(number)) for number in range(20)]))
    assert len(server.calls) == 1


def test_the_key_is_sent_but_shown_nowhere(
    folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("SERVER_KEY", "sk-secret")
    caplog.set_level("DEBUG")
    said = refused(403, "the key sk-secret may not")
    with serving(lambda call: said, folder, api_key_env="SERVER_KEY") as (server, backend):
        with pytest.raises(BadInput) as raised:
            list(backend.complete([ask("a")]))
        assert server.keys == ["Bearer sk-secret"] * 2
    assert "the key *** may not" in str(raised.value)
    shown = f"{raised.value!r} {backend.settings!r} {caplog.text}"
    assert "sk-secret" not in shown


def test_no_key_is_sent_unless_its_variable_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    with serving(echo, folder) as (server, backend):
        finished(backend, [ask("a")])
    assert not any("sk-secret" in one for one in server.keys)


def test_settings_without_an_address_or_with_secrets_are_refused(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(BadInput, match=r"engine.base_url"):
        OpenAIBackend(folder, EngineSettings())
    with pytest.raises(BadInput, match=r"engine.served_model"):
        OpenAIBackend(folder, EngineSettings(base_url="http://127.0.0.1:1/v1"))
    monkeypatch.delenv("ABSENT", raising=False)
    with pytest.raises(BadInput, match=r"ABSENT .* is not set"):
        OpenAIBackend(
            folder, EngineSettings(base_url="http://127.0.0.1:1/v1", served_model="m", api_key_env="ABSENT")
        )
    for wrong in ("ftp://x/v1", "127.0.0.1:8000", "http://me:secret@host/v1"):
        with pytest.raises(ValidationError):
            EngineSettings(base_url=wrong)
    with pytest.raises(ValidationError):
        EngineSettings(api_key_env="sk-secret")


def test_a_model_that_is_not_served_is_named_with_those_that_are(folder: Path) -> None:
    with (
        serving(echo, folder, served_model="other") as (server, backend),
        pytest.raises(BadInput, match="serves 'm', and not 'other'"),
    ):
        list(backend.complete([ask("a")]))
    assert server.calls == []


def test_a_list_of_models_is_asked_again_but_not_needed(folder: Path) -> None:
    with serving(echo, folder) as (server, backend):
        server.models = Answer(b"<html>", status=404)
        assert finished(backend, [ask("a")])[0].text == "re: a"


def test_a_served_name_and_a_declared_revision_are_a_hosted_models_fingerprint(
    folder: Path, tiny_model: Path
) -> None:
    def of(where: Path, **engine: str) -> str:
        return OpenAIBackend(where, EngineSettings(base_url="http://127.0.0.1:1/v1", **engine)).fingerprint

    from generation.model_folder import fingerprint

    hosted = of(folder, served_model="m")
    assert hosted == of(folder, served_model="m")
    assert len({hosted, of(folder, served_model="n"), of(folder, served_model="m", served_revision="2")}) == 3
    assert of(tiny_model, served_model="m") == of(tiny_model) == fingerprint(tiny_model)


def logprobs(*tokens: tuple[str, float]) -> dict[str, Any]:
    """The log-probabilities of a first token, from probabilities."""
    top = [{"token": token, "logprob": math.log(one) if one else -9999.0} for token, one in tokens]
    return {"content": [{**top[0], "top_logprobs": top}]}


def test_choices_are_read_from_the_top_log_probabilities(folder: Path) -> None:
    found = logprobs(("The", 0.5), (" A", 0.25), (" B", 0.0))
    with serving(lambda call: Answer(spoken("The", logprobs=found)), folder, owner="x") as (server, backend):
        (one,) = finished(backend, [ask("?", choices=(" A", " B", " C"))])
    assert one.finish_reason == "choice" and one.choice_probabilities == pytest.approx((0.25, 0, 0))
    assert one.outside_probability == pytest.approx(0.75)
    sent = server.calls[0].body
    assert (sent["logprobs"], sent["top_logprobs"], sent["max_tokens"]) == (True, 20, 1)
    assert "top_k" not in sent and "logprob_token_ids" not in sent


@pytest.mark.parametrize("missing", [None, {"content": None}, {"content": []}])
def test_missing_log_probabilities_are_a_failed_row_with_its_reason(folder: Path, missing: Any) -> None:
    with serving(lambda call: Answer(spoken("A", logprobs=missing)), folder) as (server, backend):
        (one,) = finished(backend, [ask("?", choices=(" A", " B"))])
    assert one.finish_reason == "error" and "no log-probabilities" in str(one.error)
    assert one.choice_probabilities is None and len(server.calls) == 1


def test_a_server_that_may_not_continue_a_turn_is_not_asked_to(folder: Path) -> None:
    turns = (Message(role="user", content="hi"), Message(role="assistant", content="Once"))
    with serving(echo, folder, owner="somebody") as (server, backend):
        (one,) = finished(backend, [Request(messages=turns)])
    assert "continue" in str(one.error) and server.calls == []


def test_completions_come_in_the_order_in_which_they_finish(folder: Path) -> None:
    def answer(call: Call) -> Answer:
        return Answer(spoken("ok"), delay=float(call.prompt))

    delays = [0.5, 0.1, 0.9, 0.3, 0.7]
    with serving(answer, folder) as (_, backend):
        order = [index for index, _ in backend.complete([ask(str(one)) for one in delays])]
    assert order == [1, 3, 0, 4, 2]


def test_no_more_are_in_flight_than_allowed_and_the_limit_is_reached(folder: Path) -> None:
    def answer(call: Call) -> Answer:
        return Answer(spoken("ok"), delay=0.02)

    with serving(answer, folder, max_concurrency=12) as (server, backend):
        finished(backend, [ask(str(number)) for number in range(150)])
    assert server.max_in_flight == 12
    assert server.calls[7].in_flight <= 8


def test_too_many_requests_halve_what_is_in_flight_and_success_raises_it_again(folder: Path) -> None:
    capacity = 6

    def answer(call: Call) -> Answer:
        busy = call.in_flight > capacity
        return refused(429, "slow down") if busy else Answer(spoken("ok"), delay=0.03)

    with serving(answer, folder, max_concurrency=64) as (server, backend):
        rows = finished(backend, [ask(str(number)) for number in range(300)])
    refusals = sum(call.in_flight > capacity for call in server.calls)
    settled = [call.in_flight for call in server.calls[100:-20]]
    assert [one.error for one in rows] == [None] * 300
    assert server.max_in_flight <= 2 * capacity + 4 and max(settled) <= capacity + 2
    assert refusals < 60 and sum(settled) / len(settled) > capacity / 2


def test_a_server_that_is_down_breaks_the_run_and_what_was_done_is_kept(tmp_path: Path, folder: Path) -> None:
    down = threading.Event()

    def answer(call: Call) -> Answer:
        if call.number >= 30:
            down.set()
        return Answer(manner="reset") if down.is_set() else echo(call)

    requests = [ask(str(number)) for number in range(100)]
    ledger = Ledger(tmp_path / "ledger")
    with serving(answer, folder, max_concurrency=4) as (server, backend):
        complete = Completer(backend, ledger, asset="a", report=lambda line: None)
        with pytest.raises(ModelFailed, match="is down .*start it again and rerun; all finished"):
            complete("one", requests)
        kept = ledger.find([one.key(backend.fingerprint) for one in requests])
        assert len(kept) == 30
        down.clear()
        server.calls, server.answer = [], echo
        rows = complete("two", requests)
    assert [one.text for one in rows] == [f"re: {number}" for number in range(100)]
    assert len(server.calls) == 70


def test_a_server_that_is_not_there_breaks_the_run_however_few_the_requests(folder: Path) -> None:
    with serving(echo, folder) as (server, backend):
        address = server.url
    with pytest.raises(ModelFailed, match=f"{address} is down .no connection"):
        list(backend.complete([ask("a")]))


def test_a_hung_server_breaks_the_run_after_a_few_timeouts(folder: Path) -> None:
    def hang(call: Call) -> Answer:
        return Answer(delay=HANG)

    begun = time.monotonic()
    with (
        serving(hang, folder, timeout_seconds=0.2, max_concurrency=32) as (_, backend),
        pytest.raises(ModelFailed, match=r"timeout_seconds.*3 rounds"),
    ):
        list(backend.complete([ask(str(number)) for number in range(100)]))
    assert time.monotonic() - begun < 5


def test_a_short_outage_breaks_nothing(folder: Path) -> None:
    def answer(call: Call) -> Answer:
        return refused(500, "restarting") if 40 <= call.number < 120 else Answer(spoken("ok"), delay=0.005)

    with serving(answer, folder, max_concurrency=32) as (_, backend):
        rows = finished(backend, [ask(str(number)) for number in range(200)])
    assert [one.error for one in rows] == [None] * 200


def test_closing_the_iterator_cancels_what_is_in_flight(folder: Path) -> None:
    def answer(call: Call) -> Answer:
        return echo(call) if call.number == 0 else Answer(delay=HANG)

    with serving(answer, folder, max_concurrency=4) as (server, backend):
        running = backend.complete([ask(str(number)) for number in range(50)])
        next(running)
        begun = time.monotonic()
        running.close()  # type: ignore[attr-defined]
        assert time.monotonic() - begun < 2
        assert len(server.calls) <= 6
    assert not [one for one in threading.enumerate() if "_run" in one.name]
