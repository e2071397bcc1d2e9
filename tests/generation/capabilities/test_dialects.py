"""Each dialect is probed for what it does: no silence is believed, and no refusal is taken for silence."""

from importlib.util import find_spec

import pytest

from generation.capabilities.anthropic_calls import AnthropicServer
from generation.capabilities.capability import NAMES, Capability, Name
from generation.capabilities.chat import MOST_CALLS, probe_server
from generation.capabilities.openai_calls import OpenAIServer
from generation.engine import EngineSettings
from generation.loopback.dialects import CLAUDE, DIALECTS, GPT4, GPT5, LLAMA_CPP, SILENT, VLLM, Dialect
from generation.loopback.script import Script
from generation.loopback.server import LoopbackServer
from tests.generation.capabilities.talker import talk, think

ANTHROPIC = "s r r r r s r r s i u s"
# s: served, i: ignored, r: refused, u: unknown; in the order of NAMES
LETTERS = {"s": "served", "i": "ignored", "r": "refused", "u": "unknown"}
# max_tokens temperature seed n top_p stop logprobs continuation schema tools thought batch
EXPECTED = {
    "gpt-4": "s s s s s s s i s i u s",
    "gpt-5": "s r s s r r r i s i r s",
    "claude": "s i i r u s i r i i u r",
    "silent": "i i i i u i i i i i u r",
    "vllm": "s s s s s s s s s i u r",
    "llama.cpp": "s s s s s s s s s i u r",
}


def probed(dialect: Dialect, script: Script = talk) -> tuple[dict[Name, Capability], LoopbackServer]:
    """What a probe finds of a server of that dialect, and the server."""
    with LoopbackServer(dialect, script) as server:
        settings = EngineSettings(base_url=server.url, served_model=dialect.model)
        capabilities, num_calls, num_tokens = probe_server(OpenAIServer, settings)
    assert num_calls <= MOST_CALLS and tuple(capabilities) == NAMES
    assert num_tokens == sum(paid.num_prompt_tokens + paid.num_tokens for paid in server.paid)
    assert all(capability.seen for capability in capabilities.values())
    return capabilities, server


def test_every_dialect_is_expected() -> None:
    assert EXPECTED.keys() == DIALECTS.keys()


@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=DIALECTS)
def test_what_a_dialect_does_is_what_the_probe_says(dialect: Dialect) -> None:
    capabilities, server = probed(dialect)
    wanted = dict(zip(NAMES, map(LETTERS.__getitem__, EXPECTED[dialect.name].split()), strict=True))
    found = {name: capability.verdict for name, capability in capabilities.items()}
    assert found == wanted, {name: capabilities[name].seen for name in NAMES if found[name] != wanted[name]}
    if dialect is not SILENT:
        assert all(paid.num_tokens <= 2 * 16 for paid in server.paid)


def test_the_limits_name_is_seen_and_the_servers_words_are_kept() -> None:
    capabilities, _ = probed(GPT5)
    assert capabilities["max_tokens"].seen.startswith("as max_completion_tokens; max_tokens: HTTP 400: Unsup")
    assert "does not support 0" in capabilities["temperature"].seen
    assert "8 tokens" not in capabilities["thought"].seen and "none was shown" in capabilities["thought"].seen


@pytest.mark.parametrize(("dialect", "verdict"), [(VLLM, "served"), (LLAMA_CPP, "served"), (GPT4, "refused")])
def test_a_thought_is_seen_where_it_is_shown_and_counted_where_it_is_hidden(
    dialect: Dialect, verdict: str
) -> None:
    capabilities, _ = probed(dialect, think)
    assert capabilities["thought"].verdict == verdict


def test_a_model_that_always_says_the_same_shows_nothing_of_its_sampling() -> None:
    capabilities, _ = probed(GPT4, lambda asked: "the same words")
    assert {capabilities[name].verdict for name in ("temperature", "seed", "top_p")} == {"unknown"}
    assert capabilities["n"].verdict == "served"


def test_a_model_without_a_word_shows_nothing() -> None:
    capabilities, _ = probed(CLAUDE, lambda asked: "")
    for name in ("temperature", "seed", "stop", "schema"):
        assert capabilities[name].verdict == "unknown", name


@pytest.mark.skipif(find_spec("anthropic") is None, reason="Anthropic's client is not installed")
def test_the_messages_api_is_probed_in_its_own_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_JUDGE_KEY", "sk-ant")
    with LoopbackServer(CLAUDE, talk, key="sk-ant") as server:
        settings = EngineSettings(
            base_url=server.url, served_model=CLAUDE.model, api_key_env="TEST_JUDGE_KEY"
        )
        capabilities, num_calls, num_tokens = probe_server(AnthropicServer, settings)
    found = {name: capability.verdict for name, capability in capabilities.items()}
    wanted = dict(zip(NAMES, map(LETTERS.__getitem__, ANTHROPIC.split()), strict=True))
    assert found == wanted, {name: capabilities[name].seen for name in NAMES if found[name] != wanted[name]}
    assert num_calls <= MOST_CALLS and {paid.path for paid in server.paid} == {"/v1/messages"}
    assert num_tokens == sum(paid.num_prompt_tokens + paid.num_tokens for paid in server.paid)
    assert capabilities["n"].seen == "the Messages API has no field for n"
    assert "deprecated for this model" in capabilities["temperature"].seen
