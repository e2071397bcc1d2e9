"""How a backend runs its engine: memory, batches, addresses. No part of any key or version."""

from urllib.parse import urlsplit

from pydantic import Field, field_validator

from datasets_registry.settings import Settings


class EngineSettings(Settings):
    """Knobs of speed alone: a completion's distribution does not depend on them.

    The exception names itself: a model without local weights is what its server calls it.
    """

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
    base_url: str | None = Field(None, description="openai: the server's address, ending in /v1")
    served_model: str | None = Field(
        None, description="openai: the model's name there; the only one served if not given"
    )
    served_revision: str | None = Field(
        None, description="openai: what tells one state of a model without local weights from another"
    )
    api_key_env: str | None = Field(
        None,
        pattern="^[A-Za-z_][A-Za-z0-9_]*$",
        description="openai: the environment variable that holds the key; none is sent if not given",
    )
    max_concurrency: int = Field(64, ge=1, le=1000, description="openai: most requests in flight")
    timeout_seconds: float = Field(
        120, gt=0, description="openai: longest wait for one answer, queueing for a slot not counted"
    )

    @field_validator("base_url")
    @classmethod
    def _is_plain_address(cls, value: str | None) -> str | None:
        parts = urlsplit(value or "http://none")
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("give an address such as http://127.0.0.1:8000/v1")
        if parts.username or parts.password or parts.query:
            raise ValueError("keep secrets out of the address: name their variable in api_key_env")
        return value
