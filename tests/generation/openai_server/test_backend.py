"""What goes over the wire to a /v1 server and what is made of its answers."""

import math
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from datasets_registry.errors import BadInput
from generation.engine import EngineSettings
from generation.openai_server.backend import OpenAIBackend
from generation.openai_server.protocol import sample_seed
from generation.request import Completion, Message, Request
from tests.generation.misbehaving_server import Answer, refused, spoken
from tests.generation.serving import ask, echo, finished, first_then, serving


def test_text_counts_and_every_parameter_go_over_the_wire(tmp_path: Path) -> None:
    usage = {"prompt_tokens": 9, "completion_tokens": 4, "prompt_tokens_details": {"cached_tokens": 8}}
    with serving(lambda call: Answer(spoken("héllo 🌍") | {"usage": usage}), tmp_path) as (server, backend):
        request = ask("مرحبا", temperature=0.5, top_p=0.9, max_tokens=5, stop=("\n", "END"))
        (completion,) = finished(backend, [request])
    assert completion == Completion(
        text="héllo 🌍",
        finish_reason="stop",
        num_prompt_tokens=9,
        num_cached_tokens=8,
        num_completion_tokens=4,
    )
    sent = server.calls[0].body
    assert sent["messages"] == [{"role": "user", "content": "مرحبا"}]
    assert (sent["temperature"], sent["top_p"], sent["max_tokens"]) == (0.5, 0.9, 5)
    assert (sent["stop"], sent["seed"], sent["model"]) == (["\n", "END"], sample_seed(request), "m")
    assert (sent["top_k"], sent["repetition_penalty"]) == (-1, 1.0)


def test_samples_of_one_prompt_have_seeds_of_their_own() -> None:
    seeds = [sample_seed(ask("hello", sample=number)) for number in range(2000)]
    assert len(set(seeds)) == 2000 and seeds == [sample_seed(ask("hello", sample=n)) for n in range(2000)]
    assert all(0 <= seed < 2**31 for seed in seeds)
    assert sample_seed(ask("hello", max_tokens=9)) == seeds[0] != sample_seed(ask("other"))


@pytest.mark.parametrize(("content", "finish"), [("", "stop"), (None, "stop"), ("cut", "length")])
def test_empty_and_cut_completions_are_completions(tmp_path: Path, content: str | None, finish: str) -> None:
    with serving(lambda call: Answer(spoken(content, finish=finish)), tmp_path) as (_, backend):
        (completion,) = finished(backend, [ask("hi")])
    assert (completion.text, completion.finish_reason, completion.error) == (content or "", finish, None)


def test_an_answer_without_usage_is_one_and_a_filtered_one_is_a_failed_row(tmp_path: Path) -> None:
    bare = {"choices": spoken("yes")["choices"]}
    answers = first_then(Answer(bare), Answer(spoken("no", finish="content_filter")))
    with serving(answers, tmp_path, max_concurrency=1) as (_, backend):
        bare_completion, filtered = finished(backend, [ask("a"), ask("b")])
    assert (bare_completion.text, bare_completion.num_prompt_tokens, bare_completion.error) == (
        "yes",
        0,
        None,
    )
    assert filtered.finish_reason == "error" and "content_filter" in str(filtered.error)


def test_the_key_is_sent_but_shown_nowhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("SERVER_KEY", "sk-secret")
    caplog.set_level("DEBUG")
    said = refused(403, "the key sk-secret may not")
    with serving(lambda call: said, tmp_path, api_key_env="SERVER_KEY") as (server, backend):
        with pytest.raises(BadInput) as raised:
            list(backend.complete([ask("a")]))
        assert server.keys == ["Bearer sk-secret"] * 2
    assert "the key *** may not" in str(raised.value)
    shown = f"{raised.value!r} {backend.settings!r} {caplog.text}"
    assert "sk-secret" not in shown


def test_no_key_is_sent_unless_its_variable_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    with serving(echo, tmp_path) as (server, backend):
        finished(backend, [ask("a")])
    assert not any("sk-secret" in key for key in server.keys)


def test_settings_without_an_address_or_with_secrets_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(BadInput, match=r"engine.base_url"):
        OpenAIBackend(tmp_path, EngineSettings())
    with pytest.raises(BadInput, match=r"engine.served_model"):
        OpenAIBackend(tmp_path, EngineSettings(base_url="http://127.0.0.1:1/v1"))
    monkeypatch.delenv("ABSENT", raising=False)
    with pytest.raises(BadInput, match=r"ABSENT .* is not set"):
        OpenAIBackend(
            tmp_path, EngineSettings(base_url="http://127.0.0.1:1/v1", served_model="m", api_key_env="ABSENT")
        )
    for wrong in (
        *("ftp://x/v1", "127.0.0.1:8000", "http://me:secret@host/v1"),
        *("http://a b/v1", "http://host:99999/v1", "http://host:port/v1", "http://[::1/v1"),
    ):
        with pytest.raises(ValidationError):
            EngineSettings(base_url=wrong)
    with pytest.raises(ValidationError):
        EngineSettings(api_key_env="sk-secret")


def test_a_model_that_is_not_served_is_named_with_those_that_are(tmp_path: Path) -> None:
    with (
        serving(echo, tmp_path, served_model="other") as (server, backend),
        pytest.raises(BadInput, match="serves 'm', and not 'other'"),
    ):
        list(backend.complete([ask("a")]))
    assert server.calls == []


def test_a_server_without_a_list_of_models_will_do(tmp_path: Path) -> None:
    with serving(echo, tmp_path) as (server, backend):
        server.models = Answer(b"<html>", status=404)
        assert finished(backend, [ask("a")])[0].text == "re: a"


def test_a_served_name_and_a_declared_revision_are_a_hosted_models_fingerprint(
    tmp_path: Path, tiny_model: Path
) -> None:
    def of(where: Path, **engine: str) -> str:
        return OpenAIBackend(where, EngineSettings(base_url="http://127.0.0.1:1/v1", **engine)).fingerprint

    from generation.models.folder import fingerprint

    hosted = of(tmp_path, served_model="m")
    assert hosted == of(tmp_path, served_model="m")
    assert (
        len({hosted, of(tmp_path, served_model="n"), of(tmp_path, served_model="m", served_revision="2")})
        == 3
    )
    assert of(tiny_model, served_model="m") == of(tiny_model) == fingerprint(tiny_model)


def logprobs(*tokens: tuple[str, float]) -> dict[str, Any]:
    """The log-probabilities of a first token, from probabilities."""
    top = [
        {"token": token, "logprob": math.log(probability) if probability else -9999.0}
        for token, probability in tokens
    ]
    return {"content": [{**top[0], "top_logprobs": top}]}


def test_choices_are_read_from_the_top_log_probabilities(tmp_path: Path) -> None:
    found = logprobs(("The", 0.5), (" A", 0.25), (" B", 0.0))
    with serving(lambda call: Answer(spoken("The", logprobs=found)), tmp_path, owner="x") as (
        server,
        backend,
    ):
        (completion,) = finished(backend, [ask("?", choices=(" A", " B", " C"))])
    assert completion.finish_reason == "choice" and completion.choice_probabilities == pytest.approx(
        (0.25, 0, 0)
    )
    assert completion.outside_probability == pytest.approx(0.75)
    sent = server.calls[0].body
    assert (sent["logprobs"], sent["top_logprobs"], sent["max_tokens"]) == (True, 20, 1)
    assert "top_k" not in sent and "logprob_token_ids" not in sent


@pytest.mark.parametrize("missing", [None, {"content": None}, {"content": []}])
def test_missing_log_probabilities_are_a_failed_row_with_its_reason(tmp_path: Path, missing: Any) -> None:
    with serving(lambda call: Answer(spoken("A", logprobs=missing)), tmp_path) as (server, backend):
        (completion,) = finished(backend, [ask("?", choices=(" A", " B"))])
    assert completion.finish_reason == "error" and "no log-probabilities" in str(completion.error)
    assert completion.choice_probabilities is None and len(server.calls) == 1


def test_a_server_that_may_not_continue_a_turn_is_not_asked_to(tmp_path: Path) -> None:
    turns = (Message(role="user", content="hi"), Message(role="assistant", content="Once"))
    with serving(echo, tmp_path, owner="somebody") as (server, backend):
        (completion,) = finished(backend, [Request(messages=turns)])
    assert "continue" in str(completion.error) and server.calls == []
