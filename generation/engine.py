"""How a backend runs its engine: memory, batches, addresses. No part of any key or version."""

from pydantic import BaseModel, ConfigDict, Field


class EngineSettings(BaseModel):
    """Knobs of speed alone: a completion's distribution does not depend on them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    batch_size: int = Field(16, ge=1, description="Sequences decoded at once")
    max_model_len: int | None = Field(
        None,
        ge=1,
        description="vllm: longest prompt and answer in tokens; the model's own window if not given",
    )
    cpu_kv_cache_gb: int = Field(2, ge=1, description="vllm: memory for keys and values on a CPU")
    gpu_memory_utilization: float = Field(
        0.9, gt=0, le=1, description="vllm: share of each GPU that weights and cache may fill"
    )
    tensor_parallel_size: int = Field(1, ge=1, description="vllm: GPUs that one model is split over")
