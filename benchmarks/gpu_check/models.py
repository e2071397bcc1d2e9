"""Random models of real widths: a policy whose turns end, a reward model of it, and an adapter."""

import json
import math
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.gpu_check.sizes import Shape
from datasets_registry.adapters import FOLDER
from generation.models.folder import fingerprint

# spread of the logits, which gives a random model preferences that bfloat16 does not drown
SPREAD = 1.3
NEVER = -30.0
RANK = 16


def write_base(folder: Path, shape: Shape, mean_length: int) -> None:
    """Write a policy in bfloat16, and a tokenizer of 320 byte-level tokens; no other token is ever sampled.

    Its turns end after about ``mean_length`` tokens.
    """
    import torch
    from transformers import LlamaForCausalLM

    tokenizer = _tokenizer()
    torch.manual_seed(0)
    with torch.device(device()):
        model = LlamaForCausalLM(llama_config(shape, tokenizer.eos_token_id)).to(torch.bfloat16)
    _let_turns_end(model, tokenizer, mean_length)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def write_scorer(folder: Path, base: Path) -> None:
    """Write a reward model over the base whose head is drawn, with the scale that our trainer measures."""
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer
    from transformers.utils import logging

    torch.manual_seed(1)
    # it would warn that the head is new
    logging.set_verbosity_error()
    model = AutoModelForSequenceClassification.from_pretrained(
        base, num_labels=1, dtype=torch.bfloat16, trust_remote_code=False
    )
    model.save_pretrained(folder)
    AutoTokenizer.from_pretrained(base, trust_remote_code=False).save_pretrained(folder)
    scale = {"held_out_score_mean": 0.0, "held_out_score_deviation": 1.0}
    (folder / "manifest.json").write_text(json.dumps({"metrics": scale}))


def write_trained(folder: Path, base: Path, update: float) -> None:
    """Write a model that is stored as an adapter over ``base``, as training would: on every linear layer.

    ``update`` is the root mean square of what it adds to a weight.
    """
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer

    from generation.models.adapters import Adapter, write_adapter

    layers = AutoModelForCausalLM.from_pretrained(
        base, dtype=torch.bfloat16, trust_remote_code=False
    ).named_modules()
    linear = {
        path: layer for path, layer in layers if isinstance(layer, torch.nn.Linear) and path != "lm_head"
    }
    drawn = torch.Generator().manual_seed(2)
    # a product of factors of unit variance has the size of the root of the rank
    size = update / RANK**0.5
    downs = {
        path: size * torch.randn(RANK, layer.in_features, generator=drawn) for path, layer in linear.items()
    }
    ups = {path: torch.randn(layer.out_features, RANK, generator=drawn) for path, layer in linear.items()}
    write_adapter(Adapter(downs, ups, 1.0, {}), folder / FOLDER, fingerprint(base), "CAUSAL_LM")
    AutoConfig.from_pretrained(base, trust_remote_code=False).save_pretrained(folder)
    AutoTokenizer.from_pretrained(base, trust_remote_code=False).save_pretrained(folder)


def device() -> str:
    """Where models are made and read."""
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"


def _tokenizer() -> Any:
    from transformers import AutoTokenizer

    # it imports transformers, which a part that only starts a trainer need not wait for
    from tests.tiny_model import write_tiny_model

    with tempfile.TemporaryDirectory() as folder:
        return AutoTokenizer.from_pretrained(write_tiny_model(Path(folder) / "tiny"), trust_remote_code=False)


def llama_config(shape: Shape, end: int) -> Any:
    """The shape as transformers describes it, its turns ended by the token ``end``."""
    from transformers import LlamaConfig

    return LlamaConfig(
        vocab_size=shape.vocabulary,
        hidden_size=shape.hidden,
        intermediate_size=shape.intermediate,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        num_key_value_heads=shape.key_value_heads,
        head_dim=shape.head_dim,
        max_position_embeddings=shape.window,
        tie_word_embeddings=False,
        bos_token_id=None,
        eos_token_id=end,
        pad_token_id=end,
        initializer_range=SPREAD / math.sqrt(shape.hidden),
    )


def _let_turns_end(model: Any, tokenizer: Any, mean_length: int) -> None:
    """Keep one channel of the hidden state constant: from it the head reads which tokens are likely."""
    import torch

    known = len(tokenizer)
    head, embeddings = model.lm_head.weight, model.model.embed_tokens.weight
    with torch.no_grad():
        for layer in model.model.layers:
            layer.self_attn.o_proj.weight[0] = 0
            layer.mlp.down_proj.weight[0] = 0
        embeddings[:, 0] = 2 * SPREAD / math.sqrt(embeddings.shape[1])
        constant = _constant(model, known)
        head[:, 0] = 0
        head[known:, 0] = NEVER / constant
        head[tokenizer.convert_tokens_to_ids("<|im_start|>"), 0] = NEVER / constant
        others = math.log(known) + SPREAD**2 / 2
        head[tokenizer.eos_token_id, 0] = (others - math.log(mean_length)) / constant


def _constant(model: Any, known: int) -> float:
    """The first channel of the last state, as the head reads it, on average."""
    import torch

    ids = torch.arange(2, min(known, 130), device=model.device)[None]
    return float(model.model(ids).last_hidden_state[..., 0].float().mean())
