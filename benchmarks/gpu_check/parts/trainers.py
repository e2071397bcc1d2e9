"""Each trainer in bfloat16 for some steps: whether its weights moved, and its time, memory and MFU."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median

from benchmarks.gpu_check.part import Bench
from benchmarks.gpu_check.runs import Trained, train
from benchmarks.sides.figure import Figure, at_most, repeated
from datasets_registry.manifest import Manifest
from training.estimates.memory import GIB

# with frozen weights no gradient of theirs is computed: forward, and the gradient of the activations
FORWARD_PASSES = 2
WARM_STEPS = 2
# a run is refused or lowered by its estimate, which leaves 8 % of the card free
MOST_OVER_ESTIMATE = 1.08
# of whole samples: what bfloat16 rounds by token averages out
APART = 0.05


def measure_trainer(bench: Bench, trainer: str) -> Sequence[Figure]:
    """A run of ``trainer`` with an adapter; fails where it ends with an error or a loss that is no number."""
    trained = train(bench, trainer, run=trainer)
    return [*_learned(bench, trained), *_took(bench, trained)]


def measure_sampler(bench: Bench) -> Sequence[Figure]:
    """GRPO whose samples vLLM draws on the same card, under the adapter of each step."""
    trained = train(bench, "grpo", run="grpo_by_vllm", settings={"sampler": "vllm"})
    curve = [value for _, value in trained.manifest.curves["sampler_logp_difference"]]
    apart = at_most("the engine's log-probabilities from the trainer's", max(curve), "nats a token", APART)
    return [apart, *_learned(bench, trained), *_took(bench, trained)]


def _learned(bench: Bench, trained: Trained) -> Iterator[Figure]:
    steps = {step for step, _ in trained.manifest.loss}
    yield repeated("optimiser steps", [len(steps)], "steps", f">= {bench.size.steps}")
    yield Figure(name="last loss", value=trained.manifest.loss[-1][1], unit="nats")
    moved, others = _adapter(trained.adapter)
    yield Figure(name="largest weight of B", value=moved, unit="", goal="> 0", holds=moved > 0)
    yield at_most("trained weights that are not float32", others, "tensors", 0)


def _adapter(folder: Path) -> tuple[float, int]:
    """The largest weight of any B, which begins at 0; and how many tensors are not float32."""
    import torch
    from safetensors.torch import load_file

    weights = load_file(folder / "adapter_model.safetensors")
    moved = max(float(weight.abs().max()) for name, weight in weights.items() if "lora_B" in name)
    return moved, sum(weight.dtype != torch.float32 for weight in weights.values())


def _took(bench: Bench, trained: Trained) -> Iterator[Figure]:
    watched = trained.watched
    if watched is None:
        return
    where = "of the card" if bench.machine.on_gpu else "of the process"
    yield Figure(name=f"memory {where} at the peak", value=watched.peak_bytes / 1e9, unit="GB")
    yield from estimated(trained.manifest, watched.peak_bytes)
    if len(watched.step_seconds) > WARM_STEPS:
        yield Figure(name="a step", value=median(watched.step_seconds[WARM_STEPS:]), unit="s")
    if trained.manifest.trainer == "sft":
        yield from trained_speed(bench, watched.step_seconds, watched.num_tokens)


def estimated(manifest: Manifest, peak: float) -> Iterator[Figure]:
    """The estimate that the run began with, and the peak beside it; none is made without a card."""
    told = manifest.memory_gib
    if "total" not in told:
        return
    # an engine beside the run has its share for itself
    estimate = (told["total"] - told.get("engine", 0.0)) * GIB
    yield Figure(name="memory that was estimated", value=estimate / 1e9, unit="GB")
    yield at_most("memory at the peak / estimated", peak / estimate, "x", MOST_OVER_ESTIMATE)


def trained_speed(bench: Bench, seconds: Sequence[float], counted: Sequence[float]) -> Iterator[Figure]:
    """Tokens in a second after the first steps, and MFU; other trainers read more than they count."""
    if len(counted) <= WARM_STEPS or len(seconds) < len(counted):
        return
    tokens = (counted[-1] - counted[WARM_STEPS - 1]) / sum(seconds[WARM_STEPS : len(counted)])
    yield Figure(name="training", value=tokens, unit="tokens/s")
    if peak := bench.machine.peak_tflops:
        share = tokens * bench.size.shape.forward_flops(bench.size.length) / (peak * 1e12)
        yield Figure(name="MFU of training", value=FORWARD_PASSES * share, unit="share")
        # checkpointing makes the activations once more, which MFU leaves out and a plan counts
        again = (FORWARD_PASSES + 1) * share
        yield Figure(name="share of the peak in training, activations made again", value=again, unit="share")
