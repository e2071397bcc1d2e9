"""The models that a /v1 server serves, its kind, and whether it serves the right one."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel

from datasets_registry.adapters import CONFIG, WEIGHTS, adapter_folder
from datasets_registry.errors import BadInput
from datasets_registry.hashing import file_digest
from datasets_registry.manifest import Manifest
from generation.models.folder import fingerprint, has_weights
from generation.openai_server.protocol import Dialect

if TYPE_CHECKING:
    import openai


class ServedModel(BaseModel):
    """One entry of the list; ``root`` is the path or hub name that a vLLM server was started with."""

    id: str
    owned_by: str | None = None
    root: str | None = None


class _List(BaseModel):
    data: list[ServedModel]


async def served_models(client: "openai.AsyncOpenAI") -> list[ServedModel]:
    """The server's list, empty where it has none or does not show it; raises the client's other errors."""
    import openai

    try:
        raw = await client.models.with_raw_response.list()
    except openai.APIStatusError as error:
        if error.status_code in (400, 403, 404, 405, 422):
            return []
        raise
    try:
        return _List.model_validate(json.loads(raw.text)).data
    except ValueError:
        return []


def dialect(
    served: Sequence[ServedModel], server: str, name: str | None, folder: Path, tokens: Sequence[str]
) -> Dialect:
    """How to speak to the model called ``name`` there, or to the only one.

    Raises BadInput if it is not served, or is visibly not the model in ``folder``.
    """
    if name is None and len(served) != 1:
        raise BadInput(f"{_known(served, server)}: choose one in engine.served_model")
    model = next((entry for entry in served if name in (None, entry.id)), None)
    if model is None:
        vllm = any(entry.owned_by == "vllm" for entry in served)
        if vllm:  # others answer to names that they do not list
            raise BadInput(f"{_known(served, server)}, and not {name!r}: correct engine.served_model")
        return Dialect(str(name), special_tokens=tokens)
    _check_is_folder(model, folder)
    return Dialect(model.id, vllm=model.owned_by == "vllm", special_tokens=tokens)


def _known(served: Sequence[ServedModel], server: str) -> str:
    names = ", ".join(repr(entry.id) for entry in served[:10]) or "no list of models"
    return f"the server at {server} serves {names}"


def _check_is_folder(model: ServedModel, folder: Path) -> None:
    """A server of this machine says where its model lies: then it must be the same model."""
    root, adapter = Path(model.root or ""), adapter_folder(folder)
    if not (root.is_absolute() and has_weights(folder)):
        return
    if (root / "config.json").is_file():
        same = _is_same_model(root, folder)
    elif (root / CONFIG).is_file():
        same = adapter is not None and file_digest(root / WEIGHTS) == file_digest(adapter / WEIGHTS)
    else:
        return
    if not same:
        whole = f"what `trimtab models export` writes of it, or with --lora-modules NAME={adapter}"
        raise BadInput(
            f"{model.id!r} is served from {root}, which is not the model in {folder}: "
            f"start the server with {whole if adapter else 'the latter'}"
        )


def _is_same_model(root: Path, folder: Path) -> bool:
    """Whether ``root`` has the model in ``folder``, or what was exported of it."""
    if root.resolve() == folder.resolve():
        return True
    identity = fingerprint(folder)
    exported = Manifest.read(root).fingerprint if adapter_folder(folder) else None
    return identity in (exported, fingerprint(root))
