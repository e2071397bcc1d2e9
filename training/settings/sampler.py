"""The engine that an online trainer samples by: its share of the trainer's card; no part of any version."""

from importlib.util import find_spec

from pydantic import Field

from datasets_registry.errors import BadInput
from datasets_registry.settings import Settings
from generation.engine import EngineSettings

WINDOW = 2048


class SamplerEngine(Settings):
    """vLLM beside a trainer on the same card, from the first step to the last.

    ``gpu_memory_utilization`` is its share of the card: the base once more in bfloat16, and the keys and
    values of the samples. An 8B base takes 15 GiB of the 24 GiB that 0.3 of an 80 GB card is.
    """

    gpu_memory_utilization: float = Field(
        0.3, gt=0, lt=1, description="vllm: share of the card that the sampler holds beside the trainer"
    )
    batch_size: int | None = Field(None, ge=1, description="Samples drawn at once; all of a step if not set")
    cpu_kv_cache_gb: int = Field(1, ge=1, description="vllm: memory for keys and values on a CPU")

    def settings(self, num_samples: int, max_length: int) -> EngineSettings:
        """The engine's settings for steps of ``num_samples`` of at most ``max_length`` tokens with prompt."""
        return EngineSettings(
            batch_size=self.batch_size or num_samples,
            max_model_len=max(max_length, WINDOW),
            gpu_memory_utilization=self.gpu_memory_utilization,
            cpu_kv_cache_gb=self.cpu_kv_cache_gb,
        )

    def bytes_of(self, card: float) -> float:
        """What it holds of a card of so many bytes."""
        return self.gpu_memory_utilization * card


def require_vllm(title: str) -> None:
    """Raise BadInput where the model ``title`` is to be sampled by vLLM and there is none."""
    if find_spec("vllm") is None:
        raise BadInput(
            f"{title}: sampler = 'vllm' needs vLLM, which is not installed: run `make vllm`, or take "
            "sampler = 'transformers', which takes several times as long for the same number of samples"
        )
