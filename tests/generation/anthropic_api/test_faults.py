"""The anthropic backend against a server that fails as Anthropic's does: asked again, a row, or the end."""

import sys
from pathlib import Path

import pytest

from datasets_registry.errors import BadInput, ModelFailed, TrimtabError
from generation.anthropic_api.backend import AnthropicBackend
from generation.engine import EngineSettings
from tests.generation.anthropic_api.serving import KEY, KEY_ENV, echo, message, serving, words, wrong
from tests.generation.misbehaving_server import HANG, Answer, Call
from tests.generation.serving import QUICK, ask, finished

PASSING = {
    "overloaded": wrong(529, "overloaded_error", "Overloaded"),
    "too many": wrong(429, "rate_limit_error", "slow down"),
    "trouble": wrong(500, "api_error", "Internal server error"),
    "timed out": wrong(504, "timeout_error", "took too long"),
    "reset": Answer(manner="reset"),
    "half a body": Answer(message(words("half")), manner="half"),
    "no JSON": Answer(b"ok", headers={"content-type": "text/plain"}),
    "no content": Answer({"type": "message"}),
    "an error as a success": Answer({"type": "error", "error": {"message": "overloaded"}}),
}


@pytest.mark.parametrize("fault", PASSING)
def test_what_passes_is_asked_again_and_what_never_does_is_a_failed_row(tmp_path: Path, fault: str) -> None:
    def answer(call: Call) -> Answer:
        return PASSING[fault] if call.prompt == "bad" or call.number == 0 else echo(call)

    with serving(answer, tmp_path, max_concurrency=1) as (server, backend):
        good, bad, after = finished(backend, [ask("good"), ask("bad"), ask("after")])
    assert (good.text, after.text) == ("re: good", "re: after")
    assert bad.finish_reason == "error" and "after 6 attempts" in str(bad.error)
    assert sum(call.prompt == "bad" for call in server.calls) == QUICK.attempts


def test_a_hang_is_ended_by_the_timeout(tmp_path: Path) -> None:
    def answer(call: Call) -> Answer:
        return Answer(delay=HANG) if call.number == 0 else echo(call)

    with serving(answer, tmp_path, timeout_seconds=0.5) as (server, backend):
        assert finished(backend, [ask("hi")])[0].text == "re: hi"
    assert len(server.calls) == 2


ROWS = [
    (wrong(400, "invalid_request_error", "prompt is too long: 9 tokens > 8 maximum"), "exceed the window"),
    (wrong(413, "request_too_large", "Request exceeds the maximum size"), "request is too large"),
    (wrong(400, "invalid_request_error", "output_config.format.schema: no"), "refused the request, HTTP 400"),
]


@pytest.mark.parametrize(("answer", "reason"), ROWS)
def test_a_refused_request_is_a_failed_row_asked_once(tmp_path: Path, answer: Answer, reason: str) -> None:
    with serving(lambda call: answer if call.prompt == "bad" else echo(call), tmp_path) as (server, backend):
        bad, good = finished(backend, [ask("bad"), ask("good")])
    assert good.error is None and reason in str(bad.error) and len(server.calls) == 2


SPENT = {"details": {"error_code": "enforced_spend_limit_reached"}}
FATAL: list[tuple[Answer, type[TrimtabError], str]] = [
    (
        wrong(401, "authentication_error", f"invalid key {KEY}"),
        BadInput,
        f"did not accept the key.*{KEY_ENV}",
    ),
    (
        wrong(403, "permission_error", f"{KEY} may not"),
        BadInput,
        rf"forbids this \(\*\*\* may not\).*{KEY_ENV}",
    ),
    (wrong(404, "not_found_error", "model: claude-1"), BadInput, "no model 'claude-1'.*engine.served_model"),
    (wrong(402, "billing_error", "pay"), ModelFailed, "no quota left"),
    (wrong(400, "invalid_request_error", "Your credit balance is too low"), ModelFailed, "no quota left"),
    (wrong(429, "rate_limit_error", "a limit", **SPENT), ModelFailed, "no quota left"),
    (
        wrong(400, "invalid_request_error", "`temperature` is deprecated for this model."),
        BadInput,
        "draws at temperature 1 and top_p 1 alone.*greedy = false",
    ),
    (
        Answer(wrong(429, "rate_limit_error", "slow").content, 429, {"retry_after": "900"}),
        ModelFailed,
        "900 s",
    ),
]


@pytest.mark.parametrize(("answer", "error", "says"), FATAL)
def test_what_no_request_can_pass_ends_the_run_at_once_and_never_tells_the_key(
    tmp_path: Path, answer: Answer, error: type[TrimtabError], says: str
) -> None:
    with (
        serving(lambda call: answer, tmp_path, max_concurrency=1) as (server, backend),
        pytest.raises(error, match=says) as raised,
    ):
        list(backend.complete([ask(str(number)) for number in range(20)]))
    assert len(server.calls) == 1 and set(server.keys) == {f"Bearer {KEY}"}
    assert KEY not in "".join(map(str, (raised.value, raised.value.__cause__)))


def test_concurrency_stays_below_its_limit(tmp_path: Path) -> None:
    def answer(call: Call) -> Answer:
        return Answer(message(words(call.prompt)), delay=0.05)

    with serving(answer, tmp_path, max_concurrency=3) as (server, backend):
        rows = finished(backend, [ask(str(number)) for number in range(12)])
    assert [row.text for row in rows] == [str(number) for number in range(12)]
    assert server.max_in_flight == 3


LACKING = {
    "served_model": "needs engine.served_model, such as claude",
    "api_key_env": "needs engine.api_key_env, such as ANTHROPIC_API_KEY",
}


@pytest.mark.parametrize("name", LACKING)
def test_what_is_not_said_is_refused_by_name(tmp_path: Path, name: str) -> None:
    settings = EngineSettings(**{"served_model": "claude-1", "api_key_env": KEY_ENV, name: None})
    with pytest.raises(BadInput, match=LACKING[name]):
        AnthropicBackend(tmp_path, settings)


def test_a_missing_key_or_client_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = EngineSettings(served_model="claude-1", api_key_env=KEY_ENV)
    monkeypatch.delenv(KEY_ENV, raising=False)
    with pytest.raises(BadInput, match=rf"{KEY_ENV} \(engine.api_key_env\) is not set"):
        AnthropicBackend(tmp_path, settings)
    monkeypatch.setitem(sys.modules, "anthropic", None)
    with pytest.raises(
        BadInput, match=r"not installed: `pip install -c constraints.txt -e '.\[anthropic\]'`"
    ):
        AnthropicBackend(tmp_path, settings)


def test_the_environment_of_anthropics_client_decides_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_BASE_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("ANTHROPIC_AUTH_TOKEN", "another")
    with serving(echo, tmp_path) as (server, backend):
        assert finished(backend, [ask("hi")])[0].text == "re: hi"
    assert set(server.keys) == {f"Bearer {KEY}"}
    monkeypatch.setenv(KEY_ENV, KEY)
    settings = EngineSettings(served_model="claude-1", api_key_env=KEY_ENV)
    assert AnthropicBackend(tmp_path, settings).server == "https://api.anthropic.com"
