"""A small model with a random head, as an untrained reward model."""

from pathlib import Path
from typing import Any

import torch
from transformers import AutoTokenizer

from generation.scoring.outcomes import set_padding_apart


def headed(source: Path, target: Path, kind: Any, num_labels: int) -> Path:
    """The model with a random head of clear opinions in the place of its own."""
    torch.manual_seed(0)
    model = kind.from_pretrained(source, num_labels=num_labels)
    torch.nn.init.normal_(model.score.weight)
    model.save_pretrained(target)
    tokenizer = AutoTokenizer.from_pretrained(source)
    set_padding_apart(tokenizer)
    tokenizer.save_pretrained(target)
    return target
