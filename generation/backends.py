"""The backends by name: one file and one line each."""

from collections.abc import Callable
from pathlib import Path

from datasets_registry.errors import BadInput
from generation.engine import EngineSettings
from generation.openai_server.backend import OpenAIBackend
from generation.request import Backend
from generation.transformers_local.backend import TransformersBackend
from generation.vllm_offline.backend import VllmBackend

BACKENDS: dict[str, Callable[[Path, EngineSettings], Backend]] = {
    "openai": OpenAIBackend,
    "transformers": TransformersBackend,
    "vllm": VllmBackend,
}


def open_backend(name: str, folder: Path, settings: EngineSettings) -> Backend:
    """The named backend over a local model folder; nothing is loaded before the first request.

    Raises BadInput where no backend has that name, or the settings lack what it needs.
    """
    if name not in BACKENDS:
        raise BadInput(f"unknown backend {name!r}: use one of {', '.join(sorted(BACKENDS))}")
    return BACKENDS[name](folder, settings)
