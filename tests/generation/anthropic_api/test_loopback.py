"""The anthropic backend over the loopback server that speaks as Claude does, strictly."""

import json
from pathlib import Path
from random import Random
from typing import Any

import pytest

from datasets_registry.errors import BadInput, TrimtabError
from generation.anthropic_api.backend import AnthropicBackend
from generation.engine import EngineSettings
from generation.loopback.dialects import CLAUDE
from generation.loopback.limits import Faults, Limit, no_faults
from generation.loopback.script import Asked, Said
from generation.loopback.server import LoopbackServer
from generation.remote.stating import stated_folder
from generation.request import Completion, Message, Request, SamplingParams
from tests.generation.anthropic_api.serving import KEY, KEY_ENV
from tests.generation.serving import QUICK, ask, finished


def script(asked: Asked) -> Said:
    """Counts to five after a thought; declines what asks for poison."""
    return Said("one two three four five", thought="hm hm", refuses="poison" in asked.prompt)


@pytest.fixture
def key(monkeypatch: pytest.MonkeyPatch) -> str:
    """The key in the environment."""
    monkeypatch.setenv(KEY_ENV, KEY)
    return KEY


def asked_of(server: LoopbackServer, folder: Path, *requests: Request, **engine: Any) -> list[Completion]:
    """The completions of the model as the server states it today."""
    settings = EngineSettings(base_url=server.url, served_model=CLAUDE.model, api_key_env=KEY_ENV, **engine)
    model = stated_folder(folder, server.url, settings, AnthropicBackend, thinking=True)
    backend = AnthropicBackend(model, settings, patience=QUICK, jitter=Random(0))
    return finished(backend, list(requests))


def test_every_end_of_an_answer(tmp_path: Path, key: str) -> None:
    schema = {"type": "object", "properties": {"n": {"type": "string"}}, "required": ["n"]}
    hello = (Message(role="system", content="Count."), Message(role="user", content="hi"))
    with LoopbackServer(CLAUDE, script, key=key) as server:
        whole, cut, stopped, shaped, declined = asked_of(
            server,
            tmp_path,
            Request(messages=hello),
            ask("hi", max_tokens=4),
            ask("hi", stop=("four",)),
            Request(messages=hello, answer_schema=json.dumps(schema)),
            ask("poison"),
        )
    assert (whole.text, whole.thought, whole.finish_reason) == ("one two three four five", "hm hm", "stop")
    # the two tokens of thought are of the four
    assert (cut.text.split(), cut.finish_reason, cut.num_completion_tokens) == (["one", "two"], "length", 4)
    assert (stopped.text.strip(), stopped.finish_reason) == ("one two three", "stop")
    assert json.loads(shaped.text) == {"n": "one two three four five"}
    assert "stop_reason 'refusal'" in str(declined.error) and declined.num_prompt_tokens == 2


@pytest.mark.parametrize("faults", [{3: "529", 5: "cut", 7: "reset", 8: "broken", 9: "500"}, {}])
def test_faults_and_limits_lose_nothing_and_pay_for_what_was_cut_alone(
    tmp_path: Path, key: str, faults: dict[int, Any]
) -> None:
    limit = None if faults else Limit(8, seconds=1.0)
    meets: Faults = faults.get if faults else no_faults
    with LoopbackServer(CLAUDE, script, key=key, faults=meets, limit=limit) as server:
        rows = asked_of(server, tmp_path, *(ask(str(number)) for number in range(12)), max_concurrency=4)
    assert [row.text for row in rows] == ["one two three four five"] * 12
    spoiled = sum(fault in ("cut", "broken") for fault in faults.values())
    assert len(server.paid) == 1 + 12 + spoiled


ENDS: dict[str, tuple[dict[str, Any], type[TrimtabError], str]] = {
    "another key": ({"key": "sk-another"}, BadInput, f"did not accept the key.*{KEY_ENV}"),
    "another model": ({"served": "claude-0"}, BadInput, "no model 'claude-0'"),
}


@pytest.mark.parametrize("end", ENDS)
def test_a_wrong_key_or_model_ends_it_before_anything_is_paid(tmp_path: Path, key: str, end: str) -> None:
    wrong, error, says = ENDS[end]
    with LoopbackServer(CLAUDE, script, key=wrong.get("key", key)) as server:
        settings = EngineSettings(
            base_url=server.url, served_model=wrong.get("served", CLAUDE.model), api_key_env=KEY_ENV
        )
        with pytest.raises(error, match=says) as raised:
            stated_folder(tmp_path, server.url, settings, AnthropicBackend)
    assert server.paid == [] and KEY not in str(raised.value)
    assert not any(KEY.encode() in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())


def test_a_temperature_that_the_model_does_not_take_ends_it_unpaid(tmp_path: Path, key: str) -> None:
    with LoopbackServer(CLAUDE, script, key=key) as server:
        request = Request(messages=ask("hi").messages, params=SamplingParams(temperature=0))
        with pytest.raises(BadInput, match="draws at temperature 1 and top_p 1 alone .*deprecated"):
            asked_of(server, tmp_path, request)
    assert len(server.paid) == 1


def test_an_answer_of_another_model_is_a_failed_row(tmp_path: Path, key: str) -> None:
    with LoopbackServer(CLAUDE, script, key=key) as server:
        settings = EngineSettings(base_url=server.url, served_model=CLAUDE.model, api_key_env=KEY_ENV)
        model = stated_folder(tmp_path, server.url, settings, AnthropicBackend)
        server.states = "claude-opus-4-8-20270101"
        (row,) = finished(AnthropicBackend(model, settings), [ask("hi")])
    assert "answered as 'claude-opus-4-8-20270101', and this model is 'claude-opus-4-8'" in str(row.error)
