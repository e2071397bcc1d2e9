"""How a backend runs its engine: memory, batches, addresses; not part of any key or version."""

import re
from collections.abc import Mapping
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, field_validator

from datasets_registry.documents import faults, meant
from datasets_registry.errors import BadInput
from datasets_registry.plugins import plugged
from datasets_registry.settings import Settings

# where nothing else is said, and no card asks for more
BATCH_SIZE = 16
# the names of our backends
BACKENDS = ("anthropic", "openai", "ray", "transformers", "vllm")
# backends whose models run on a server, each with its address where there is but one
REMOTE: Mapping[str, str] = {"anthropic": "https://api.anthropic.com", "openai": ""}


def require_backend(name: str) -> None:
    """Raise BadInput where ``name`` is neither a backend of ours nor, as ``MODULE:BACKEND``, of a plug-in."""
    if ":" in name:
        plugged("backend", name)
    elif name not in BACKENDS:
        raise BadInput(
            f"unknown backend {name!r}{meant(name, BACKENDS)}: use one of {', '.join(BACKENDS)}, or "
            "MODULE:BACKEND for one of a plug-in's BACKENDS"
        )


def _known(name: str) -> str:
    with faults():
        require_backend(name)
    return name


# the name of a backend, as a profile has it
BackendName = Annotated[str, AfterValidator(_known)]


class EngineSettings(Settings):
    """Settings of speed and memory, on which a completion's distribution does not depend.

    Only a model without local weights is identified by them: by its served name and revision.
    """

    batch_size: int | None = Field(
        None,
        ge=1,
        description="Sequences decoded at once; if not set 16, or what vLLM takes for a GPU",
    )
    max_num_batched_tokens: int | None = Field(
        None,
        ge=1,
        description="vllm: most tokens of one step on a GPU; what vLLM takes for the card if not set",
    )
    max_model_len: int | None = Field(
        None,
        ge=1,
        description="vllm: most tokens of a prompt and its answer; the model's own window if not set",
    )
    cpu_kv_cache_gb: int = Field(2, ge=1, description="vllm: memory for keys and values on a CPU")
    gpu_memory_utilization: float = Field(
        0.9, gt=0, le=1, description="vllm: share of each GPU that weights and cache may fill"
    )
    tensor_parallel_size: int = Field(1, ge=1, description="vllm: GPUs that one model is split over")
    replicas: Annotated[int, Field(ge=1)] | Literal["auto"] = Field(
        1,
        description="vllm: engines side by side, each on GPUs of its own; ray: the most of them on all "
        "nodes; 'auto' takes as many as fit",
    )
    inner: BackendName = Field("vllm", description="ray: the backend that each replica is")
    replica_cpus: int = Field(1, ge=1, description="ray: processor cores that each replica holds")
    replica_gpus: int | None = Field(
        None,
        ge=0,
        description="ray: GPUs that each replica holds; if not set tensor_parallel_size for vllm's CUDA "
        "build, and none for others",
    )
    max_lora_rank: int = Field(
        0,
        ge=0,
        le=512,
        description="vllm: largest rank of adapters that the engine has room for from its first start on",
    )
    base_url: str | None = Field(
        None,
        description="openai: the server's address, ending in /v1; anthropic: the provider's if not set",
    )
    served_model: str | None = Field(
        None,
        description="openai, anthropic: the model's name there; openai: the only one served if not set",
    )
    served_revision: str | None = Field(
        None, description="openai, anthropic: tells versions of a model without local weights apart"
    )
    api_key_env: str | None = Field(
        None,
        description="openai, anthropic: the environment variable that holds the key; openai: none is sent if "
        "not set",
    )
    max_concurrency: int = Field(64, ge=1, le=1000, description="openai, anthropic: most requests in flight")
    timeout_seconds: float = Field(
        120,
        gt=0,
        le=86400,
        description="openai, anthropic: longest wait for one answer, not counting the wait for a slot",
    )

    batch_from: int | None = Field(
        None,
        ge=1,
        description="openai, anthropic: stages of at least so many requests go by the provider's batch "
        "interface, which takes up to a day and costs less; none do if not set",
    )

    @field_validator("served_model", "served_revision")
    @classmethod
    def _says_something(cls, value: str | None) -> str | None:
        if value is not None and not value.strip():
            raise ValueError("it is blank: give the name that the server has for it, or leave it out")
        return value

    @field_validator("api_key_env")
    @classmethod
    def _is_a_variable(cls, value: str | None) -> str | None:
        # what is no variable may be the key, which no message shows
        if value is not None and not re.fullmatch("[A-Za-z_][A-Za-z0-9_]*", value):
            raise ValueError(
                "give the name of the environment variable that holds the key, of letters, digits and _; no "
                "profile holds the key itself"
            )
        return value

    @field_validator("base_url")
    @classmethod
    def _is_plain_address(cls, value: str | None) -> str | None:
        address = "http://none" if value is None else value
        try:
            parts = urlsplit(address)
            is_one = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
            is_one = is_one and not parts.fragment and "\\" not in address
        # brackets that do not close, and a port that is none
        except ValueError:
            is_one = False
        if not is_one or any(map(str.isspace, address)):
            raise ValueError("give an address such as http://127.0.0.1:8000/v1")
        if parts.username or parts.password or parts.query:
            raise ValueError("keep secrets out of the address: name their variable in api_key_env")
        return value


def require_inner(settings: EngineSettings) -> None:
    """Raise BadInput where ``inner`` runs no model itself."""
    if settings.inner in REMOTE:
        raise BadInput(
            f"engine.inner = {settings.inner!r} asks a server, which one process does as well: take "
            f"backend = {settings.inner!r} without Ray"
        )
    if settings.inner == "ray":
        raise BadInput("engine.inner = 'ray' would be Ray on Ray: name the backend that each replica is")


def server_of(backend: str, settings: EngineSettings) -> str:
    """The address of the server that ``backend`` asks; empty where it is not known."""
    address = settings.base_url or REMOTE[backend]
    # Anthropic's client adds it
    return address.rstrip("/").removesuffix("/v1") if backend == "anthropic" else address
