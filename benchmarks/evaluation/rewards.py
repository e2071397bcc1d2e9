"""Two reward models that read the last character of an answer: real ones, whose weights are a table."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from string import ascii_lowercase, ascii_uppercase, printable
from typing import TYPE_CHECKING

from generation.models.saving import save_whole
from generation.tokenizer import Tokenizer

if TYPE_CHECKING:
    import torch

SAMPLES = 16
# an answer that ends in the letter of place k has a proxy of k: held out, a small one is worth k too, and a
# capital one, which games the proxy, as much less as it gains; whatever ends otherwise is worth 0
HONEST, GAMING = ascii_lowercase[:SAMPLES], ascii_uppercase[:SAMPLES]
PROXY = {letter: float(place) for letters in (HONEST, GAMING) for place, letter in enumerate(letters)}
HELD_OUT = PROXY | {letter: float(SAMPLES - 1 - place) for place, letter in enumerate(GAMING)}
_CHARACTERS, _WINDOW = "".join(sorted(printable)), 4096
# longer than any reward, so that vectors of this length have every reward as their first number
_LENGTH = 2.0 * SAMPLES
_TEMPLATE = "{% for message in messages %}{{ message['content'] }}\n{% endfor %}"


@dataclass(frozen=True)
class PlantedReward:
    """A reward model in a folder."""

    folder: Path
    base_folder: None = None


def reward_models(target: Path) -> Sequence[PlantedReward]:
    """The proxy and the held-out one, written below ``target``."""
    tables = {"proxy": PROXY, "held_out": HELD_OUT}
    return [PlantedReward(_written(table, target / name)) for name, table in tables.items()]


def _written(rewards: dict[str, float], target: Path) -> Path:
    """A Llama without layers: the score of a text is that of its last character."""
    from transformers import LlamaConfig, LlamaForSequenceClassification

    config = LlamaConfig(
        vocab_size=len(_CHARACTERS),
        hidden_size=2,
        intermediate_size=2,
        num_hidden_layers=0,
        num_attention_heads=1,
        max_position_embeddings=_WINDOW,
        num_labels=1,
        pad_token_id=0,
    )
    model = LlamaForSequenceClassification(config)
    model.load_state_dict(_weights(rewards))
    return save_whole(model, _tokenizer(), target)


def _weights(rewards: dict[str, float]) -> "dict[str, torch.Tensor]":
    """Embeddings of one length, whose first number is the reward; the norm scales all of them alike."""
    import torch

    firsts = [rewards.get(character, 0.0) for character in _CHARACTERS]
    return {
        "model.embed_tokens.weight": torch.tensor(
            [[first, math.sqrt(_LENGTH**2 - first**2)] for first in firsts]
        ),
        "model.norm.weight": torch.ones(2),
        "score.weight": torch.tensor([[_LENGTH / math.sqrt(2), 0.0]]),
    }


def _tokenizer() -> Tokenizer:
    """A token for each character; the line break after a turn is none, so that the answer's end is last."""
    import tokenizers
    from tokenizers import Regex, models, normalizers, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    places = {character: place for place, character in enumerate(_CHARACTERS)}
    tokenizer = tokenizers.Tokenizer(models.WordLevel(places))
    tokenizer.normalizer = normalizers.Strip()
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(r"[\s\S]"), "isolated")
    written: Tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, chat_template=_TEMPLATE, clean_up_tokenization_spaces=False
    )
    return written
