"""Our settings and requests as vLLM's parameters, and its outputs as our completions."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from generation.engine import EngineSettings
from generation.request import Completion, Request
from generation.tokenizer import Tokenizer

LORA_RANKS = (8, 16, 32, 64, 128, 256, 320, 512)


def engine_arguments(
    folder: Path, settings: EngineSettings, window: int, max_lora_rank: int, *, cpu: bool
) -> dict[str, Any]:
    """What vLLM is started with."""
    arguments: dict[str, Any] = {
        "model": str(folder),
        "dtype": "float32" if cpu else "bfloat16",
        "load_format": "safetensors",
        "max_model_len": window,
        "max_num_seqs": settings.batch_size,
        "enable_prefix_caching": True,
        "logprobs_mode": "raw_logprobs",
        "disable_log_stats": True,
    }
    if cpu:
        # a seeded request whose prompt is read in pieces crashes the CPU engine
        arguments |= {"enable_chunked_prefill": False, "max_num_batched_tokens": window}
        arguments |= {"block_size": 32, "enforce_eager": True}
    else:
        arguments |= {
            "gpu_memory_utilization": settings.gpu_memory_utilization,
            "tensor_parallel_size": settings.tensor_parallel_size,
        }
    if max_lora_rank:
        rank = min(one for one in LORA_RANKS if one >= max_lora_rank)
        arguments |= {"enable_lora": True, "max_lora_rank": rank}
    return arguments


def engine_params(request: Request, choices: Sequence[int]) -> Any:
    """vLLM's parameters; the seed belongs to the request, so that batch-mates share no noise."""
    from vllm import SamplingParams
    from vllm.sampling_params import RequestOutputKind

    final = RequestOutputKind.FINAL_ONLY
    if choices:
        return SamplingParams(
            temperature=0, max_tokens=1, logprob_token_ids=list(choices), detokenize=False, output_kind=final
        )
    one = request.params
    return SamplingParams(
        temperature=one.temperature,
        top_p=one.top_p,
        max_tokens=one.max_tokens,
        stop=list(one.stop),
        seed=int(request.noise_key[:15], 16),
        # only the search for stop strings needs the text while it grows
        detokenize=bool(one.stop),
        output_kind=final,
    )


def finished(output: Any, request: Request, choices: Sequence[int], tokenizer: Tokenizer) -> Completion:
    """A finished request's output as a completion."""
    one = output.outputs[0]
    counts = {
        "num_prompt_tokens": len(output.prompt_token_ids),
        "num_cached_tokens": output.num_cached_tokens or 0,
    }
    if one.finish_reason not in ("stop", "length"):
        reason = f"the engine ended the request with {one.finish_reason!r}"
        return Completion(finish_reason="error", error=reason, **counts)
    if choices:
        return Completion(finish_reason="choice", **_probabilities(one.logprobs[0], choices), **counts)
    return Completion(
        text=_text(tokenizer, one.token_ids, request.params.stop),
        finish_reason=one.finish_reason,
        num_completion_tokens=len(one.token_ids),
        **counts,
    )


def _probabilities(logprobs: Any, choices: Sequence[int]) -> dict[str, Any]:
    inside = tuple(math.exp(logprobs[token].logprob) for token in choices)
    return {"choice_probabilities": inside, "outside_probability": max(0.0, 1.0 - sum(inside))}


def _text(tokenizer: Tokenizer, ids: Sequence[int], stops: Sequence[str]) -> str:
    """The text as every local backend reads it: decoded whole, and ended before the first stop string."""
    text = tokenizer.decode(list(ids), skip_special_tokens=True)
    cuts = [text.index(one) for one in stops if one in text]
    return text[: min(cuts)] if cuts else text
