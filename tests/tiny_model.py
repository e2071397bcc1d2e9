"""Tiny random chat models, made on the spot: two layers, width 64, a byte-level vocabulary."""

from itertools import pairwise
from pathlib import Path
from typing import Any

CHAT_TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n"
    "{{ message['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
CORPUS = ["Response A: yes. Response B: no. A B A B", "Which response is better? The answer is 12."] * 50
ENDING = "q🌍!"


def write_tiny_model(folder: Path, initializer_range: float = 0.02, **sizes: int) -> Path:
    """Write the model and its tokenizer as safetensors; the same at every call.

    A wider ``initializer_range`` gives it opinions: other inputs, clearly other logits. ``sizes`` replace its
    own, by their names in the config.
    """
    tokenizer = _tokenizer()
    return _save(_llama(tokenizer, initializer_range=initializer_range, **sizes), tokenizer, folder)


def write_ending_model(folder: Path) -> Path:
    """A tiny model that after ``q`` says ``🌍!`` and ends its turn, and ends it nowhere else.

    Elsewhere its next-token distribution is far from uniform, so that sampling can be measured;
    its heads are of a size that vLLM can run on a CPU.
    """
    import torch

    tokenizer = _tokenizer()
    model = _llama(tokenizer, head_dim=64)
    chain = [*tokenizer(ENDING, add_special_tokens=False)["input_ids"], tokenizer.eos_token_id]
    # half a character has no one text, so these come within the chain alone
    halves = [token for token in range(len(tokenizer)) if "\ufffd" in tokenizer.decode([token])]
    with torch.no_grad():
        model.lm_head.weight.mul_(10)
        _reserve(model, 0)
        model.model.embed_tokens.weight[:, 0] = 0.05
        model.lm_head.weight[[*chain, *halves, tokenizer.convert_tokens_to_ids("<|im_start|>")], 0] = -30
        for channel, (token, following) in enumerate(pairwise(chain), start=1):
            _reserve(model, channel)
            model.model.embed_tokens.weight[token, channel] = 20
            model.lm_head.weight[following, channel] = 5
    return _save(model, tokenizer, folder)


def _reserve(model: Any, channel: int) -> None:
    """Keep one channel of the hidden state for what the embedding puts into it."""
    for layer in model.model.layers:
        layer.self_attn.o_proj.weight[channel] = 0
        layer.mlp.down_proj.weight[channel] = 0
    model.model.embed_tokens.weight[:, channel] = 0
    model.lm_head.weight[:, channel] = 0


def _tokenizer() -> Any:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=320,
        special_tokens=["<|im_start|>", "<|im_end|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(CORPUS, trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        eos_token="<|im_end|>",
        pad_token="<|im_end|>",
        chat_template=CHAT_TEMPLATE,
    )


def _llama(tokenizer: Any, *, initializer_range: float = 0.02, **sizes: int) -> Any:
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(0)
    narrow = {
        "hidden_size": 64,
        "intermediate_size": 128,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "head_dim": 16,
        "max_position_embeddings": 512,
        "vocab_size": len(tokenizer),
    }
    return LlamaForCausalLM(
        LlamaConfig(
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
            bos_token_id=None,
            initializer_range=initializer_range,
            **narrow | sizes,
        )
    )


def _save(model: Any, tokenizer: Any, folder: Path) -> Path:
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
