"""DPO's loss by hand: from the log-probabilities that models give the sides of pairs."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch.nn.functional import logsigmoid
from transformers import AutoTokenizer

from datasets_registry.rows.rlaif import PreferencePair
from tests.loaded import loaded
from tests.rows import make

CHOSEN, REJECTED = "yes yes", "no, and no"


def pairs(count: int = 8) -> list[PreferencePair]:
    """Pairs of different prompts that prefer the same answer."""
    return [
        make(
            PreferencePair,
            f"p{number}",
            prompt=f"{number} or {number * number}?",
            label="a",
            p_a=1.0,
            chosen=CHOSEN,
            rejected=REJECTED,
        )
        for number in range(count)
    ]


def losses_of_tokens(folder: Path, prompt: str, answer: str) -> list[float]:
    """The loss of each token of the ended turn, in nats, by the model in ``folder``."""
    tokenizer: Any = AutoTokenizer.from_pretrained(folder)
    asked = f"<|im_start|>user\n{prompt}<|im_end|>\n<|im_start|>assistant\n"
    start, whole = (
        tokenizer(text, add_special_tokens=False)["input_ids"]
        for text in (asked, f"{asked}{answer}<|im_end|>\n")
    )
    with torch.inference_mode():
        scores = loaded(folder)(torch.tensor([whole])).logits[0, :-1].log_softmax(-1)
    found = scores.gather(1, torch.tensor(whole[1:])[:, None])[len(start) - 1 :, 0]
    return [-float(logp) for logp in found]


def changes(policy: Path, reference: Path, prompts: Sequence[str], answer: str) -> torch.Tensor:
    """The log-probability of the answer after each prompt by one model, less that by another."""
    sums = [
        [-sum(losses_of_tokens(folder, prompt, answer)) for prompt in prompts]
        for folder in (policy, reference)
    ]
    policies, references = map(torch.tensor, sums)
    return policies - references


def dpo_loss(chosen: torch.Tensor, rejected: torch.Tensor, beta: float) -> float:
    """Equation 7 of Rafailov et al. 2023."""
    return float(-logsigmoid(beta * (chosen - rejected)).mean())
