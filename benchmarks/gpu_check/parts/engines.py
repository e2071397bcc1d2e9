"""The engines: vLLM beside transformers, an adapter over its base, and the speed of both."""

import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import fmean

from benchmarks.gpu_check.asked import answers, drawn, in_float32, judged, kept_share, likelihoods, logprobs
from benchmarks.gpu_check.machine import Machine
from benchmarks.gpu_check.models import SPREAD, write_trained
from benchmarks.gpu_check.part import Bench
from benchmarks.sides.figure import Figure, at_most, repeated
from generation.engine import EngineSettings
from generation.request import Backend, Completion, Request
from generation.transformers_local.backend import TransformersBackend
from generation.vllm_offline.backend import VllmBackend

COMPARED, COMPARED_LENGTH = 24, 160
START = "start of the engine"
# of the base's weights: an update that bfloat16 activations do not drown
UPDATE = 0.2
# bfloat16 rounds a logit of 4 to 0.03 at worst; in float32 only the order of sums differs
TOLERANCE = {True: 0.05, False: 1e-3}
LEAST_KEPT = {True: 0.8, False: 0.999}


def no_vllm(machine: Machine) -> str | None:
    """Why a part that needs vLLM is skipped."""
    if not machine.has_vllm:
        return "vLLM is not installed: make vllm"
    if machine.on_gpu and "vllm" not in machine.libraries:
        return "vLLM's CPU build is installed beside a card: make vllm takes the other"
    return None


def settings(bench: Bench) -> EngineSettings:
    """What engines are opened with."""
    batch = 256 if bench.machine.on_gpu else 16
    return EngineSettings(batch_size=batch, max_model_len=bench.size.shape.window, cpu_kv_cache_gb=1)


def measure_vllm(bench: Bench) -> Sequence[Figure]:
    """vLLM's choices, likelihoods and samples against transformers, a served adapter, and its speed."""
    write_trained(trained_folder(bench, "vllm"), bench.base, UPDATE * SPREAD / bench.size.shape.hidden**0.5)
    ours = VllmBackend(bench.base, settings(bench))
    adapted = ours.adapted(trained_folder(bench, "vllm"))
    try:
        # the engine starts, and compiles on a card
        begun = time.perf_counter()
        answers(ours, judged(1, 32))
        started = Figure(name=START, value=time.perf_counter() - begun, unit="s")
        asked, said = answered(ours)
        served = logprobs(answers(adapted, likelihoods(COMPARED, COMPARED_LENGTH)))
        speeds = list(speed(bench, ours))
    finally:
        ours.close()
    return [
        started,
        *compared(bench, asked, said),
        kept(bench, served, trained_folder(bench, "vllm")),
        *speeds,
    ]


def measure_transformers(bench: Bench) -> Sequence[Figure]:
    """The same of transformers alone, beside the model read in float32."""
    requests = likelihoods(COMPARED, COMPARED_LENGTH)
    backend = TransformersBackend(bench.base, settings(bench))
    said, speeds = logprobs(answers(backend, requests)), list(speed(bench, backend))
    backend.close()
    trained = trained_folder(bench, "transformers")
    write_trained(trained, bench.base, UPDATE * SPREAD / bench.size.shape.hidden**0.5)
    adapted = TransformersBackend(trained, settings(bench), bench.base)
    served = logprobs(answers(adapted, requests))
    adapted.close()
    wanted = in_float32(bench.base, None, requests)
    return [
        apart("log-probability of a token, beside float32", said, wanted, bench),
        kept(bench, served, trained),
        *speeds,
    ]


def trained_folder(bench: Bench, part: str) -> Path:
    """The model that is stored as an adapter; parts may run at once, so each has its own."""
    return bench.folder / f"served-by-{part}"


def answered(backend: Backend) -> tuple[list[float], list[float]]:
    """P(first letter) of the judged prompts, and the log-probabilities of the continuations."""
    chosen = answers(backend, judged(COMPARED, COMPARED_LENGTH))
    said = logprobs(answers(backend, likelihoods(COMPARED, COMPARED_LENGTH)))
    return [(completion.choice_probabilities or (float("nan"),))[0] for completion in chosen], said


def compared(bench: Bench, asked: Sequence[float], said: Sequence[float]) -> Iterator[Figure]:
    """How far an engine is from transformers on the same requests."""
    backend = TransformersBackend(bench.base, settings(bench))
    wanted, likely = answered(backend)
    backend.close()
    most = max(abs(ours - theirs) for ours, theirs in zip(asked, wanted, strict=True))
    yield at_most(
        "P(choice), furthest from transformers", most, "probability", TOLERANCE[bench.machine.on_gpu]
    )
    yield apart("log-probability of a token, beside transformers", said, likely, bench)


def apart(name: str, said: Sequence[float], wanted: Sequence[float], bench: Bench) -> Figure:
    """The mean difference of two log-probabilities, for a token."""
    tokens = 48  # one for each character of a continuation at most
    mean = fmean(abs(ours - theirs) for ours, theirs in zip(said, wanted, strict=True)) / tokens
    return at_most(name, mean, "nats", TOLERANCE[bench.machine.on_gpu])


def kept(bench: Bench, served: Sequence[float], folder: Path) -> Figure:
    """The share of an adapter's update that the engine serves."""
    requests = likelihoods(COMPARED, COMPARED_LENGTH)
    base, trained = in_float32(bench.base, None, requests), in_float32(folder, bench.base, requests)
    goal = f">= {LEAST_KEPT[bench.machine.on_gpu]}"
    return repeated(
        "share of an adapter's update that is served", [kept_share(base, trained, served)], "share", goal
    )


def speed(bench: Bench, backend: Backend) -> Iterator[Figure]:
    """Tokens read and sampled in a second, and what share of the card's peak that is."""
    size = bench.size
    read, seconds = _timed(backend, judged(size.requests // 2, size.length))
    num_read = sum(completion.num_prompt_tokens - completion.num_cached_tokens for completion in read)
    yield from rate(bench, "prefill", num_read / seconds, size.length)
    said, seconds = _timed(backend, drawn(size))
    yield from rate(bench, "decode", sum(one.num_completion_tokens for one in said) / seconds, 64)
    ended = sum(one.finish_reason == "stop" for one in said) / len(said)
    yield Figure(name="samples that ended by themselves", value=ended, unit="share")
    failed = sum(one.error is not None for one in [*read, *said])
    yield at_most("requests that failed", failed, "requests", 0)


def _timed(backend: Backend, requests: Sequence[Request]) -> tuple[list[Completion], float]:
    begun = time.perf_counter()
    return answers(backend, requests), time.perf_counter() - begun


def rate(bench: Bench, what: str, tokens: float, length: int) -> Iterator[Figure]:
    """Tokens in a second, and their operations over the card's peak."""
    yield Figure(name=what, value=tokens, unit="tokens/s")
    if peak := bench.machine.peak_tflops:
        share = tokens * bench.size.shape.forward_flops(length) / (peak * 1e12)
        yield Figure(name=f"MFU of {what}", value=share, unit="share")
