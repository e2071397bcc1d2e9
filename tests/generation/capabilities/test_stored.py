"""Probes are found again by address and name, the newest first, and change no fingerprint."""

from pathlib import Path

import pytest

from datasets_registry.errors import BadInput
from datasets_registry.hosted import hosted_folder
from generation.capabilities.openai_calls import OpenAIServer
from generation.capabilities.probing import most, probe
from generation.capabilities.stored import newest, stored_beside
from generation.engine import EngineSettings
from generation.loopback.dialects import GPT4
from generation.loopback.server import LoopbackServer
from generation.models.folder import fingerprint
from generation.spending import Price
from tests.generation.capabilities.probes import write_probe
from tests.generation.capabilities.talker import talk
from tests.generation.misbehaving_server import Answer, MisbehavingServer, refused

THERE = EngineSettings(base_url="https://there.example/v1", served_model="m")


def test_a_probe_is_stored_beside_the_model_whose_fingerprint_stays(tmp_path: Path) -> None:
    with LoopbackServer(GPT4, talk) as server:
        settings = EngineSettings(base_url=server.url, served_model=GPT4.model)
        made = probe(tmp_path, "openai", settings)
    assert made.hosted.stated == GPT4.states and newest(tmp_path, "openai", settings) == made
    folder = hosted_folder(tmp_path, made.hosted)
    before = fingerprint(folder)
    assert stored_beside(folder, "openai", settings) == made
    assert list(folder.iterdir()) == [folder / "hosted.json"]
    write_probe(tmp_path, settings, {"logprobs": "refused"}, stated=GPT4.states or "")
    assert fingerprint(folder) == before and stored_beside(folder, "openai", settings) != made


def test_the_newest_probe_of_the_same_address_and_name_is_found(tmp_path: Path) -> None:
    assert newest(tmp_path, "openai", THERE) is None
    write_probe(tmp_path, THERE, stated="2026-11-02", day=20)
    latest = write_probe(tmp_path, THERE, stated="2026-11-01", day=21)
    others = ({"base_url": "https://there.example:8000/v1"}, {"served_model": "n"}, {"served_revision": "2"})
    for other in others:
        write_probe(tmp_path, THERE.model_copy(update=other), stated="other", day=28)
    assert newest(tmp_path, "openai", THERE) == latest
    assert newest(tmp_path, "openai", THERE.model_copy(update={"served_revision": "3"})) is None


def test_a_damaged_probe_is_named_with_the_remedy(tmp_path: Path) -> None:
    write_probe(tmp_path, THERE)
    (path,) = (tmp_path / "hosted").glob("*.capabilities.json")
    path.write_text('{"at": 1}')
    with pytest.raises(BadInput, match=r"capabilities.json does not say .*: remove it, then `trimtab"):
        newest(tmp_path, "openai", THERE)


def test_a_probe_costs_no_more_than_is_said(tmp_path: Path) -> None:
    price = Price(prompt=1.0, completion=4.0)
    with LoopbackServer(GPT4, talk) as server:
        settings = EngineSettings(base_url=server.url, served_model=GPT4.model)
        probe(tmp_path, "openai", settings)
    read = sum(paid.num_prompt_tokens for paid in server.paid)
    written = sum(paid.num_tokens for paid in server.paid)
    said = most(price)
    assert read + written <= said.tokens and price.usd(read, 0, written) <= said.usd < 0.01


def test_a_busy_server_is_unknown_and_a_refused_key_ends_the_probe(monkeypatch: pytest.MonkeyPatch) -> None:
    key = "sk-a-key-that-no-word-may-hold"
    monkeypatch.setenv("TEST_PROBE_KEY", key)
    answers = {
        503: refused(503, "overloaded", retry_after="0"),
        400: refused(400, f"the key {key} may not"),
        401: refused(401, f"the key {key} is wrong"),
    }
    seen = []
    for status in (503, 400):
        with MisbehavingServer(lambda _, status=status: answers[status]) as there:  # type: ignore[misc]
            settings = EngineSettings(base_url=there.url, served_model="m", api_key_env="TEST_PROBE_KEY")
            with OpenAIServer(settings) as server:
                seen.append(server.ask([{"role": "user", "content": "x"}], {}))
    assert [str(each) for each in seen] == [
        "Lost(reason='HTTP 503 after 3 attempts')",
        "Refused(words='HTTP 400: the key *** may not')",
    ]
    with MisbehavingServer(lambda _: Answer({})) as there:
        there.models = answers[401]
        settings = EngineSettings(base_url=there.url, served_model="m", api_key_env="TEST_PROBE_KEY")
        with (
            pytest.raises(BadInput, match="did not accept the key.*TEST_PROBE_KEY") as raised,
            OpenAIServer(settings),
        ):
            pass
    assert key not in str(raised.value)
