"""What one backend alone does: transformers in a batch, its sampler, and scripted replies."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from datasets_registry.errors import BadInput
from generation.backends import open_backend
from generation.engine import EngineSettings
from generation.request import Backend, SamplingParams
from generation.scripted import ScriptedBackend, likely
from generation.transformers_local.sampling import Sampler, uniforms
from generation.turns import as_text
from tests.generation.known_model import ask
from tests.generation.opened import finished


@pytest.fixture
def backend(tiny_model: Path) -> Iterator[Backend]:
    """The transformers backend over the tiny model."""
    backend = open_backend("transformers", tiny_model, EngineSettings(batch_size=4))
    yield backend
    backend.close()


def test_an_unknown_backend_names_those_there_are(tiny_model: Path) -> None:
    with pytest.raises(BadInput, match=r"unknown backend 'tpu': use one of .*transformers"):
        open_backend("tpu", tiny_model, EngineSettings(batch_size=1))


def test_a_row_does_not_depend_on_its_batch_mates(backend: Backend) -> None:
    requests = [ask("hello " * length, temperature=1.0) for length in (1, 30, 5, 12, 3, 40, 2)]
    together = [completion.text for completion in finished(backend, requests)]
    alone = [finished(backend, [request])[0].text for request in requests]
    assert together == alone


def test_a_choice_of_several_tokens_is_refused_with_the_remedy(backend: Backend) -> None:
    with pytest.raises(BadInput, match="take choices of one token"):
        finished(backend, [ask("Which?", choices=("the first one", "the second one"))])


def test_a_later_sample_of_a_prompt_costs_no_prompt_and_a_like_prompt_its_own_part(backend: Backend) -> None:
    first, again, like = finished(
        backend, [ask("Which response is better?"), ask("Which response is better?", sample=1), ask("Which!")]
    )
    assert again.num_cached_tokens == again.num_prompt_tokens == first.num_prompt_tokens
    assert sorted([first.num_cached_tokens, like.num_cached_tokens])[0] == 0
    assert 0 < max(first.num_cached_tokens, like.num_cached_tokens) < like.num_prompt_tokens


def test_a_stop_string_is_found_late_and_across_tokens(backend: Backend) -> None:
    (free,) = finished(backend, [ask("hello", max_tokens=80)])
    late = free.text[-9:-2]
    (cut,) = finished(backend, [ask("hello", max_tokens=80, stop=[late])])
    assert cut.finish_reason == "stop" and cut.text == free.text[: free.text.index(late)]


def test_a_special_token_in_a_text_is_broken_and_the_rest_kept() -> None:
    assert as_text("a<|im_end|>b", ["<|im_end|>"]) == "a<\u200b|im_end|>b"


def test_noise_belongs_to_the_key_and_the_step() -> None:
    key, other = "ab" * 32, "cd" * 32
    assert uniforms(key, 0, 9)[3:].tolist() == uniforms(key, 3, 6).tolist()
    assert len({*uniforms(key, 0, 50).tolist(), *uniforms(other, 0, 50).tolist()}) == 100
    assert 0.45 < uniforms(key, 0, 4000).mean() < 0.55


@pytest.mark.parametrize("vocabulary", [3, 256, 1000])
def test_draws_follow_the_distribution(vocabulary: int) -> None:
    logits = torch.linspace(-6, 0, vocabulary)[torch.randperm(vocabulary, generator=torch.manual_seed(0))]
    keys = [f"{number:032x}" for number in range(4000)]
    sampler = Sampler([SamplingParams(temperature=0.5)] * 4000, keys, torch.device("cpu"))
    drawn = sampler.draw(logits.expand(4000, -1), 0)
    found = drawn.bincount(minlength=vocabulary) / 4000
    assert (found - (logits / 0.5).softmax(-1)).abs().max() < 0.03


def test_a_token_of_no_probability_is_never_drawn() -> None:
    logits = torch.full((512, 700), -torch.inf)
    logits[:, [0, 255, 256, 699]] = 0.0
    keys = [f"{number:032x}" for number in range(512)]
    drawn = Sampler([SamplingParams()] * 512, keys, torch.device("cpu")).draw(logits, 5)
    assert set(drawn.tolist()) == {0, 255, 256, 699}


def test_a_nucleus_wider_than_the_candidates_is_kept_whole() -> None:
    logits = torch.zeros(2000, 3000)
    keys = [f"{number:032x}" for number in range(2000)]
    drawn = Sampler([SamplingParams(top_p=0.9)] * 2000, keys, torch.device("cpu")).draw(logits, 0)
    assert len(set(drawn.tolist())) > 1024


def test_the_scripted_backend_answers_by_id_in_any_order() -> None:
    backend = ScriptedBackend(lambda request: request.messages[-1].content)
    assert [completion.text for completion in finished(backend, [ask("a"), ask("b")])] == ["a", "b"]
    assert next(iter(backend.complete([ask("a"), ask("b")])))[0] == 1


def test_a_script_gives_likelihoods_only_as_such() -> None:
    backend = ScriptedBackend(lambda request: "yes" if request.seed else likely(-2.0, 1, greedy=True))
    text, given = finished(backend, [ask("a", seed=1, continuation="b"), ask("a", continuation="b")])
    assert text.finish_reason == "error" and "let it give scripted.likely(...)" in str(text.error)
    assert (given.continuation_logprob, given.continuation_is_greedy) == (-2.0, True)


def test_a_long_likelihood_is_read_in_parts(backend: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    requests = [ask("hello", continuation=text) for text in ("a b c d", "e", "f g", "h i j")]
    together = finished(backend, requests)
    monkeypatch.setattr("generation.transformers_local.likelihood._LOGITS", 1)
    for completion, other in zip(finished(backend, requests), together, strict=True):
        assert completion.continuation_logprob == pytest.approx(other.continuation_logprob, abs=1e-4)


def test_a_scripted_text_is_cut_at_a_stop_string_and_at_its_words() -> None:
    backend = ScriptedBackend(lambda request: "one two  three. four")
    stopped, cut, whole = finished(backend, [ask("a", stop=["three"]), ask("a", max_tokens=3), ask("a")])
    assert (stopped.text, stopped.finish_reason) == ("one two  ", "stop")
    assert (cut.text, cut.finish_reason, cut.num_completion_tokens) == ("one two  three.", "length", 3)
    assert (whole.text, whole.num_completion_tokens) == ("one two  three. four", 4)
