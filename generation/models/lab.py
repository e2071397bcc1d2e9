"""The lab model: a random Llama of 0.9 M parameters that spells sums, to be trained in a minute on a CPU."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from generation.language_model import LanguageModel
from generation.models.saving import save_whole
from generation.tokenizer import Tokenizer

if TYPE_CHECKING:
    import torch
    from transformers import LlamaConfig

CHARACTERS = "0123456789+=?:A\n"
PAD, END, ANSWER = "<pad>", "<end>", "<answer>"
WINDOW = 256
# what a user says, the answer's mark, what the assistant says, and the end of its turn
CHAT_TEMPLATE = (
    "{% for message in messages %}{% if message['role'] == 'assistant' %}"
    "<answer>{{ message['content'] }}<end>{% else %}{{ message['content'] }}{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}<answer>{% endif %}"
)
_KEY = 20261124
_DEVIATION = 0.02


def write_lab_model(target: Path) -> Path:
    """Write the untrained model to ``target``, whole or not at all; once.

    It reads a sum such as ``12+7+5=?`` and shall answer in steps, ``12+7=19\\n19+5=24\\nA:24``. The
    vocabulary is these sixteen characters, padding (which is no other token), the end of a turn and
    the answer's mark. There is no token for unknown characters: a text with one is refused with a
    sentence (`generation.chat.token_ids`), since a character that vanished would be another sum.
    """
    if (target / "config.json").is_file():
        return target
    return save_whole(_model(), _tokenizer(), target)


def _tokenizer() -> Tokenizer:
    import tokenizers
    from tokenizers import Regex, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    words = [*CHARACTERS, PAD, END, ANSWER]
    tokenizer = tokenizers.Tokenizer(models.WordLevel({word: index for index, word in enumerate(words)}))
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(r"[\s\S]"), "isolated")
    tokenizer.decoder = decoders.Fuse()
    written: Tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token=PAD,
        eos_token=END,
        extra_special_tokens=[ANSWER],
        chat_template=CHAT_TEMPLATE,
        model_max_length=WINDOW,
        clean_up_tokenization_spaces=False,
    )
    return written


def lab_config() -> "LlamaConfig":
    """The model's shapes."""
    from transformers import LlamaConfig

    return LlamaConfig(
        vocab_size=len(CHARACTERS) + 3,
        hidden_size=128,
        intermediate_size=416,
        num_hidden_layers=4,
        num_attention_heads=4,
        num_key_value_heads=4,
        max_position_embeddings=WINDOW,
        tie_word_embeddings=False,
        bos_token_id=None,
        pad_token_id=len(CHARACTERS),
        eos_token_id=len(CHARACTERS) + 1,
    )


def _model() -> LanguageModel:
    from transformers import LlamaForCausalLM

    model = LlamaForCausalLM(lab_config())
    model.load_state_dict({name: _weights(name, tensor) for name, tensor in model.state_dict().items()})
    written: LanguageModel = model
    return written


def _weights(name: str, like: "torch.Tensor") -> "torch.Tensor":
    """Normal numbers from a generator of the tensor's own, or ones: the same on every machine."""
    import torch

    if like.ndim == 1:
        return torch.ones_like(like)
    seeded = np.random.Philox(np.random.SeedSequence([_KEY, *name.encode()]))
    drawn = np.random.Generator(seeded).standard_normal(tuple(like.shape)) * _DEVIATION
    return torch.from_numpy(drawn.astype(np.float32))
