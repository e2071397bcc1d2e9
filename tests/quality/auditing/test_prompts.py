"""An audit of stored completions renders their requests again, and finds those that are other tokens now."""

from pathlib import Path

import pytest

from datasets_registry.state import State
from generation.completer import Completer
from generation.engine import EngineSettings
from generation.ledger.ledger import Ledger
from generation.templates.opening import open_tokenizer
from generation.transformers_local.backend import TransformersBackend
from quality.auditing.prompts import audit
from tests.generation.known_model import ask
from tests.tiny_model import CHAT_TEMPLATE

REQUESTS = [
    ask("hello", max_tokens=2),
    ask("hello", max_tokens=2, sample=1),
    ask("12+7=?", continuation="19"),
]
OTHER = CHAT_TEMPLATE.replace("assistant", "helper")


@pytest.fixture
def ledger(state: State) -> Ledger:
    """An empty ledger."""
    return Ledger(state.ledger)


def test_an_audit_renders_everything_again(
    ledger: Ledger, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend = TransformersBackend(tiny_model, EngineSettings())
    Completer(backend, ledger, asset="test", report=lambda line: None)("x", REQUESTS)
    folders = {backend.fingerprint: tiny_model}
    (whole,) = audit(ledger, folders)
    assert (whole.compared, whole.other_prompts, whole.fault) == (len(REQUESTS), 0, None)
    (absent,) = audit(ledger, {})
    assert absent.compared == 0 and absent.fault == "its folder is not in this state"
    before = open_tokenizer(tiny_model)
    before.chat_template = OTHER
    monkeypatch.setattr("generation.prompts.open_tokenizer", lambda folder: before)
    (others,) = audit(ledger, folders)
    assert others.other_prompts == len(REQUESTS)
    assert others.example in {request.key(backend.fingerprint) for request in REQUESTS}
