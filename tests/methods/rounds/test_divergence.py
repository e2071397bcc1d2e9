"""A policy's divergence from a reference: by hand, with its interval, and rows with a reason."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch

from datasets_registry.errors import BadInput
from datasets_registry.rows.imported import Problem
from datasets_registry.rows.prompts import HelpfulPrompt
from datasets_registry.rows.rounds.divergence import Divergence
from generation.backends import open_backend
from generation.completer import Completer
from generation.engine import EngineSettings
from generation.ledger.ledger import Ledger
from generation.request import Completion, Request
from generation.scripted import likely
from methods.rounds.divergence import DIVERGENCE, DivergenceSettings, sequence_kl, token_kl
from tests.loaded import loaded
from tests.methods.graphless import MemoryInputs, ModelsByRole, ScriptedModel, rows_of
from tests.rows import make
from tests.tiny_model import write_tiny_model

PROMPTS = [make(HelpfulPrompt, f"h{number}") for number in range(4)]


@dataclass(frozen=True)
class LocalModel(ScriptedModel):
    """A model's own weights behind the ledger."""

    weights: Path = Path()

    @contextmanager
    def completer(self) -> Iterator[Completer]:
        """The model by transformers."""
        backend = open_backend("transformers", self.weights, EngineSettings())
        yield Completer(backend, Ledger(self.folder), asset="test", report=lambda line: None)
        backend.close()


def measured(policy: ScriptedModel, reference: ScriptedModel, **told: int) -> list[Divergence]:
    """The rows of a policy beside a reference, on four prompts."""
    models = ModelsByRole({"policy": [policy], "reference": [reference]})
    settings = DivergenceSettings(num_samples=2, max_tokens=6).model_copy(update=told)
    return rows_of(DIVERGENCE, settings, MemoryInputs({"prompts": PROMPTS}), models)


def test_real_models_diverge_as_their_logits_say_and_from_themselves_by_nothing(tmp_path: Path) -> None:
    folders = {size: write_tiny_model(tmp_path / str(size), size) for size in (0.02, 0.2)}
    policy, reference = (
        LocalModel(f"policy_{size}", tmp_path / "ledger", weights=folder) for size, folder in folders.items()
    )
    rows = measured(policy, reference)
    assert len(rows) == 8 and all(row.failure is None for row in rows)
    by_hand = [_logp(folders[0.02], row) - _logp(folders[0.2], row) for row in rows]
    found = sequence_kl(rows)
    assert found is not None and (found.num_prompts, found.num_samples) == (4, 8)
    assert found.value == pytest.approx(sum(by_hand) / 8, abs=1e-3) and found.value > 0.1
    assert found.interval is not None and found.interval[0] < found.value < found.interval[1]
    itself = sequence_kl(measured(policy, policy))
    assert itself is not None and itself.value == 0 and itself.interval == (0, 0)


def _logp(folder: Path, row: Divergence) -> float:
    """The log-probability of the row's text after its prompt, from a forward pass."""
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder)
    asked = f"<|im_start|>user\nprompt {row.prompt_id}<|im_end|>\n<|im_start|>assistant\n"
    start, text = (tokenizer(part, add_special_tokens=False)["input_ids"] for part in (asked, row.completion))
    ids = torch.tensor([start + text])
    with torch.inference_mode():
        scores = loaded(folder)(ids).logits[0, :-1].log_softmax(-1)
    return float(scores.gather(1, ids[0, 1:, None])[len(start) - 1 :].sum())


def told(name: str, folder: Path, per_word: float) -> ScriptedModel:
    """A model that says the prompt's last word thrice and finds each word as likely as that."""

    def script(request: Request) -> str | Completion:
        if request.continuation is None:
            return "h3 and more" if "h3" in request.messages[-1].content else "one"
        words = len(request.continuation.split())
        return likely(per_word * words, words, greedy=False)

    return ScriptedModel(name, folder, script)


def test_a_prompt_counts_once_and_a_token_once(tmp_path: Path) -> None:
    rows = measured(told("p", tmp_path, -1.0), told("q", tmp_path, -1.5))
    sequence, token = sequence_kl(rows), token_kl(rows)
    # three prompts of one word, one of three words: 0.5 nats a word
    assert sequence is not None and sequence.value == pytest.approx(0.5 * (1 + 1 + 1 + 3) / 4)
    assert token is not None and token.value == pytest.approx(0.5)
    assert token.interval == pytest.approx((0.5, 0.5))
    # Student's interval over the prompts 0.5, 0.5, 0.5 and 1.5: 3.182 standard errors of 0.25
    assert sequence.interval == pytest.approx((0.75 - 3.1824 * 0.25, 0.75 + 3.1824 * 0.25), abs=1e-3)


def test_a_sample_that_failed_is_a_row_with_its_reason(tmp_path: Path) -> None:
    def silent(request: Request) -> str:
        return "" if "h1" in request.messages[-1].content else "yes"

    rows = measured(ScriptedModel("p", tmp_path, silent), told("q", tmp_path, -1.0))
    reasons = {row.prompt_id: row.failure for row in rows}
    assert reasons["h1"] == "empty" and str(reasons["h0"]).startswith("error: the script gave a text")
    assert sequence_kl(rows) is None and token_kl(rows) is None
    assert all(row.logp is None or row.failure for row in rows)


def test_the_same_prompts_are_asked_of_every_policy_and_problems_too(tmp_path: Path) -> None:
    problems = [make(Problem, f"m{number}") for number in range(6)]
    asked = []
    for name in ("p", "another"):
        models = ModelsByRole(
            {"policy": [told(name, tmp_path, -1.0)], "reference": [told("q", tmp_path, -1.0)]}
        )
        settings = DivergenceSettings(num_prompts=3, num_samples=1)
        rows = rows_of(DIVERGENCE, settings, MemoryInputs({"problems": problems}), models)
        asked.append([row.prompt_id for row in rows])
    assert asked[0] == asked[1] and len(set(asked[0])) == 3


def test_a_model_that_thinks_has_no_divergence(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="p thinks before it answers, .* leave its divergence out"):
        measured(told("p", tmp_path, -1.0), told("q", tmp_path, -1.0), thinks=True)


def test_no_sample_has_no_divergence() -> None:
    assert sequence_kl([]) is None and token_kl([]) is None
    one = sequence_kl([make(Divergence, logp=-1.0, reference_logp=-3.0)])
    assert one is not None and one.value == 2.0 and one.interval is None and not math.isnan(one.value)
