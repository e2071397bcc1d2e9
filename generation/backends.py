"""The backends by name: one file and one line each."""

from functools import partial
from pathlib import Path
from typing import Protocol, cast

from datasets_registry.errors import BadInput
from datasets_registry.plugins import plugged
from generation.anthropic_api.backend import AnthropicBackend
from generation.engine import EngineSettings, require_backend
from generation.openai_server.backend import OpenAIBackend
from generation.ray_cluster.backend import RayBackend
from generation.ray_cluster.kept import FLEETS, KeptFleets
from generation.remote.stating import OpenStating
from generation.request import Backend
from generation.transformers_local.backend import TransformersBackend
from generation.vllm_offline.backend import VllmBackend
from generation.vllm_offline.kept import ENGINES


class OpenBackend(Protocol):
    """Makes a backend of a model's folder, and its base's where it is stored as an adapter."""

    def __call__(self, folder: Path, settings: EngineSettings, base: Path | None = None) -> Backend:
        """The backend; nothing is loaded yet."""


def _on_ray(
    folder: Path, settings: EngineSettings, base: Path | None = None, *, fleets: KeptFleets | None = None
) -> Backend:
    """Replicas that open their own backend as this module does."""
    return RayBackend(folder, settings, base, open_backend=open_backend, close_kept=close_kept, fleets=fleets)


BACKENDS: dict[str, OpenBackend] = {
    "anthropic": AnthropicBackend,
    "openai": OpenAIBackend,
    "ray": _on_ray,
    "transformers": TransformersBackend,
    "vllm": VllmBackend,
}
# those whose answers state which model they are of
HOSTED: dict[str, OpenStating] = {"anthropic": AnthropicBackend, "openai": OpenAIBackend}
# those whose model stays loaded for the next work over it
KEPT: dict[str, OpenBackend] = {
    **BACKENDS,
    "ray": partial(_on_ray, fleets=FLEETS),
    "vllm": partial(VllmBackend, engines=ENGINES),
}


def open_backend(
    name: str, folder: Path, settings: EngineSettings, base: Path | None = None, *, keep: bool = False
) -> Backend:
    """The named backend over a local model folder; nothing is loaded before the first request.

    ``base`` is the folder of the model that it is stored as an adapter over, where it is. What it loads is
    freed when it is closed; with ``keep`` the engine of a backend that has one runs on for the next backend
    of this process over the same base, and leaves its card when others need it.

    ``MODULE:BACKEND`` is one of a plug-in. Raises BadInput where no backend has that name, or the settings
    lack what it needs.
    """
    require_backend(name)
    if name not in BACKENDS:
        return _of_plugin(name, folder, settings, base)
    return (KEPT if keep else BACKENDS)[name](folder, settings, base)


def _of_plugin(name: str, folder: Path, settings: EngineSettings, base: Path | None) -> Backend:
    """What a plug-in's function opens; raises BadInput where that is no backend."""
    backend = plugged("backend", name)(folder, settings, base)
    if not all(hasattr(backend, part) for part in ("name", "fingerprint", "complete", "close")):
        raise BadInput(f"backend {name} gives {backend!r:.60}: let it give a generation.request.Backend")
    return cast(Backend, backend)


def close_kept() -> None:
    """End what ``keep`` left running; all its memory is free when this returns."""
    ENGINES.close()
    FLEETS.close()
