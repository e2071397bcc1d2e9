"""Beside a completion stands the hash of the tokens that were read: an equal key cannot hide others."""

from pathlib import Path

import pytest

from datasets_registry.errors import BadInput
from datasets_registry.state import State
from generation.completer import Completer
from generation.engine import EngineSettings
from generation.ledger.compaction import compact
from generation.ledger.ledger import Ledger
from generation.request import Completion
from generation.templates.opening import open_tokenizer
from generation.templates.probing import rendering_digest
from generation.transformers_local.backend import TransformersBackend
from tests.generation.known_model import ask
from tests.tiny_model import CHAT_TEMPLATE

REQUESTS = [
    ask("hello", max_tokens=2),
    ask("hello", max_tokens=2, sample=1),
    ask("Which?", choices=(" A", " B")),
    ask("12+7=?", continuation="19"),
]
OTHER = CHAT_TEMPLATE.replace("assistant", "helper")


@pytest.fixture
def ledger(state: State) -> Ledger:
    """An empty ledger."""
    return Ledger(state.ledger)


def completions(ledger: Ledger, backend: TransformersBackend) -> list[Completion]:
    """What the backend gives behind the ledger."""
    return Completer(backend, ledger, asset="test", report=lambda line: None)("x", REQUESTS)


def opened(folder: Path, template: str | None = None) -> TransformersBackend:
    """The folder's backend, whose fingerprint is the folder's whatever its tokenizer does."""
    backend = TransformersBackend(folder, EngineSettings())
    if template is not None:
        backend.prompts.tokenizer.chat_template = template
    return backend


def test_what_is_asked_for_in_any_way_has_the_hash_of_its_tokens(ledger: Ledger, tiny_model: Path) -> None:
    backend = opened(tiny_model)
    made = completions(ledger, backend)
    digests = [completion.prompt_digest for completion in made]
    assert digests == backend.prompt_digests(REQUESTS) and None not in digests
    # two samples of one prompt read the same tokens
    assert digests[0] == digests[1] and len(set(digests)) == 3
    compact(ledger)
    assert completions(ledger, opened(tiny_model)) == made


def test_a_hit_of_the_same_renderer_is_not_rendered_again(ledger: Ledger, tiny_model: Path) -> None:
    made = completions(ledger, opened(tiny_model))
    backend = opened(tiny_model)
    assert completions(ledger, backend) == made
    assert "tokenizer" not in vars(backend.prompts)


def test_a_hit_of_another_renderer_is_found_where_its_tokens_are_the_same(
    ledger: Ledger, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = completions(ledger, opened(tiny_model))
    monkeypatch.setattr("generation.completer.renderer", lambda: "another")
    backend = opened(tiny_model)
    assert completions(ledger, backend) == made
    assert "tokenizer" in vars(backend.prompts)


def test_a_hit_with_other_tokens_is_refused_before_anything_is_made(
    ledger: Ledger, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    completions(ledger, opened(tiny_model))
    monkeypatch.setattr("generation.completer.renderer", lambda: "another")
    with pytest.raises(BadInput, match="test: 4 of 4 stored completions.*from other tokens.*ledger audit"):
        completions(ledger, opened(tiny_model, OTHER))
    assert ledger.stats()[0]["completions"] == len(REQUESTS)


def test_what_an_older_release_stored_is_found(
    ledger: Ledger, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as older:
        older.setattr("generation.prompts.Prompt.answered", lambda _, completion: completion)
        made = completions(ledger, opened(tiny_model))
    assert {completion.prompt_digest for completion in made} == {None}
    assert completions(ledger, opened(tiny_model, OTHER)) == made


def test_the_hash_of_fixed_conversations_changes_with_the_template(tiny_model: Path) -> None:
    tokenizer = open_tokenizer(tiny_model)
    digest = rendering_digest(tokenizer)
    assert digest == rendering_digest(open_tokenizer(tiny_model))
    tokenizer.chat_template = OTHER
    assert rendering_digest(tokenizer) != digest
