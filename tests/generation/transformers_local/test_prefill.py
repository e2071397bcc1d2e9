"""Prompts read together, with or without a shared prefix, give the logits they give alone."""

from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForCausalLM, MistralConfig, MistralForCausalLM

from generation.transformers_local.prefill import read
from generation.transformers_local.shared_attention import share_prefixes, shares_prefixes

CASES = {
    "a shared prefix": [[5, 6, 7, 8, 9], [5, 6, 7, 11], [5, 6, 7, 8, 9], [5, 6, 12, 13, 14, 15, 16]],
    "nothing shared": [[5, 6, 7], [8, 9], [10]],
    "one prompt": [[5, 6, 7, 8]] * 3,
    "one prompt begins another": [[5, 6, 7], [5, 6, 7, 8, 9], [5, 6, 7]],
}


def alone(model: Any, ids: list[int]) -> torch.Tensor:
    """The next token's logits after ``ids`` by a plain forward pass."""
    with torch.inference_mode():
        logits: torch.Tensor = model(torch.tensor([ids])).logits[0, -1]
    return logits


def compare(model: Any, plain: Any, prompts: list[list[int]], steps: int = 70) -> None:
    """Read, go on for some steps, lose a row, and go on: the logits stay those of each row alone."""
    rows = [list(ids) for ids in prompts]
    generator = torch.Generator().manual_seed(0)
    with torch.inference_mode():
        state = read(model, rows)
        for step in range(steps):
            if step in (0, 1, steps - 1):
                for logits, ids in zip(state.logits, rows, strict=True):
                    torch.testing.assert_close(logits, alone(plain, ids), atol=1e-4, rtol=1e-4)
            if step == 2:
                state.keep(torch.tensor([0, 2]))
                rows = [rows[0], rows[2]]
            tokens = torch.randint(3, 200, (len(rows),), generator=generator)
            rows = [[*ids, token] for ids, token in zip(rows, tokens.tolist(), strict=True)]
            state.step(model, tokens)


@pytest.mark.parametrize("shares", [True, False])
@pytest.mark.parametrize("case", CASES)
def test_rows_read_together_have_the_logits_of_each_alone(tiny_model: Path, case: str, shares: bool) -> None:
    model, plain = (AutoModelForCausalLM.from_pretrained(tiny_model).eval() for _ in range(2))
    if shares:
        share_prefixes(model)
    assert shares_prefixes(model) == shares
    compare(model, plain, CASES[case])


def test_a_model_with_sliding_windows_shares_no_prefix_and_reads_as_well() -> None:
    torch.manual_seed(0)
    config = MistralConfig(
        vocab_size=320,
        hidden_size=64,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        sliding_window=8,
        initializer_range=0.1,
    )
    model = MistralForCausalLM(config).eval()
    share_prefixes(model)
    assert not shares_prefixes(model)
    compare(model, model, CASES["a shared prefix"], steps=12)
