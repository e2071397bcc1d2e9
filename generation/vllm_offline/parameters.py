"""Our settings and requests as vLLM's parameters, and its outputs as our completions."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from generation.engine import BATCH_SIZE, EngineSettings
from generation.prompts import Prompt
from generation.request import Completion
from generation.tokenizer import Tokenizer

if TYPE_CHECKING:
    import vllm
    from vllm.sampling_params import StructuredOutputsParams

LORA_RANKS = (8, 16, 32, 64, 128, 256, 320, 512)


def engine_arguments(
    folder: Path, settings: EngineSettings, window: int, max_lora_rank: int, *, cpu: bool
) -> dict[str, object]:
    """The engine's arguments for this machine."""
    arguments: dict[str, object] = {
        "model": str(folder),
        "dtype": "float32" if cpu else "bfloat16",
        "load_format": "safetensors",
        "trust_remote_code": False,
        "max_model_len": window,
        "enable_prefix_caching": True,
        "logprobs_mode": "raw_logprobs",
        "disable_log_stats": True,
    }
    if cpu:
        # a seeded request whose prompt is read in pieces crashes the CPU engine
        arguments |= {"enable_chunked_prefill": False, "max_num_batched_tokens": window}
        arguments |= {"max_num_seqs": settings.batch_size or BATCH_SIZE}
        arguments |= {"block_size": 32, "enforce_eager": True}
    else:
        arguments |= {
            "gpu_memory_utilization": settings.gpu_memory_utilization,
            "tensor_parallel_size": settings.tensor_parallel_size,
            # what is None is chosen by vLLM for the card, as for `vllm.LLM`
            "max_num_seqs": settings.batch_size,
            "max_num_batched_tokens": settings.max_num_batched_tokens,
        }
    if max_lora_rank:
        rank = min(rank for rank in LORA_RANKS if rank >= max_lora_rank)
        arguments |= {"enable_lora": True, "max_lora_rank": rank}
        # with room for an adapter of the head, which is never trained, no given text can be scored
        arguments["lora_target_modules"] = linear_layers(folder)
    return arguments


def linear_layers(folder: Path) -> list[str]:
    """The names of the linear layers that an adapter may be put on: all but the head."""
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    config = AutoConfig.from_pretrained(
        folder, local_files_only=True, trust_remote_code=False
    ).get_text_config()
    with torch.device("meta"):
        layers = AutoModelForCausalLM.from_config(config, trust_remote_code=False).base_model
    linear = (path for path, layer in layers.named_modules() if isinstance(layer, torch.nn.Linear))
    return sorted({path.rpartition(".")[2] for path in linear})


def engine_params(prompt: Prompt) -> "vllm.SamplingParams":
    """vLLM's parameters; the seed belongs to the request, so that batch-mates share no noise."""
    from vllm import SamplingParams
    from vllm.sampling_params import RequestOutputKind

    final = RequestOutputKind.FINAL_ONLY
    if prompt.choices:
        return SamplingParams(
            temperature=0, max_tokens=1, logprob_token_ids=prompt.choices, detokenize=False, output_kind=final
        )
    if prompt.continuation:
        # of each token that is read its own log-probability and rank, and of no other
        return SamplingParams(
            temperature=0, max_tokens=1, prompt_logprobs=0, detokenize=False, output_kind=final
        )
    params = prompt.request.params
    return SamplingParams(
        temperature=params.temperature,
        top_p=params.top_p,
        max_tokens=params.max_tokens,
        stop=list(params.stop),
        seed=int(prompt.request.noise_key[:15], 16),
        # only the search for stop strings needs the text while it grows
        detokenize=bool(params.stop),
        output_kind=final,
        structured_outputs=_structure(prompt.request.answer_schema),
    )


def _structure(schema: str | None) -> "StructuredOutputsParams | None":
    """What holds the answer to the schema, if there is one."""
    from vllm.sampling_params import StructuredOutputsParams

    return None if schema is None else StructuredOutputsParams(json=schema)


def completion(output: "vllm.RequestOutput", prompt: Prompt, tokenizer: Tokenizer) -> Completion:
    """A finished request's output as a completion."""
    sample = output.outputs[0]
    counts = {
        "num_prompt_tokens": len(output.prompt_token_ids),
        "num_cached_tokens": output.num_cached_tokens or 0,
    }
    if sample.finish_reason not in ("stop", "length"):
        reason = f"the engine ended the request with {sample.finish_reason!r}"
        return Completion(finish_reason="error", error=reason, **counts)
    if prompt.choices:
        inside = tuple(math.exp(sample.logprobs[0][token].logprob) for token in prompt.choices)
        outside = max(0.0, 1.0 - sum(inside))
        return Completion(
            finish_reason="choice", choice_probabilities=inside, outside_probability=outside, **counts
        )
    if prompt.continuation:
        return _likelihood(output.prompt_logprobs, prompt.continuation, counts)
    return Completion(
        text=_text(tokenizer, sample.token_ids, prompt.request.params.stop),
        finish_reason=sample.finish_reason,
        num_completion_tokens=len(sample.token_ids),
        **counts,
    )


def _likelihood(
    logprobs: "Sequence[Mapping[int, vllm.Logprob] | None]", tokens: Sequence[int], counts: Mapping[str, int]
) -> Completion:
    """The last tokens that were read are those of the continuation."""
    positions = logprobs[-len(tokens) :]
    read = [
        position[token] for position, token in zip(positions, tokens, strict=True) if position is not None
    ]
    return Completion(
        finish_reason="continuation",
        continuation_logprob=math.fsum(token.logprob for token in read),
        num_continuation_tokens=len(read),
        continuation_is_greedy=all(token.rank == 1 for token in read),
        **counts,
    )


def _text(tokenizer: Tokenizer, ids: Sequence[int], stops: Sequence[str]) -> str:
    """The text as every local backend reads it: decoded whole, and ended before the first stop string."""
    text = tokenizer.decode(list(ids), skip_special_tokens=True)
    cuts = [text.index(stop) for stop in stops if stop in text]
    return text[: min(cuts)] if cuts else text
