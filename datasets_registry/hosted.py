"""Hosted models: their weights are a server's, so that a folder here says only whose answers they are."""

import json
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import Field, ValidationError

from datasets_registry.errors import BadInput
from datasets_registry.hashing import digest
from datasets_registry.settings import Settings
from datasets_registry.state import durable

FILE = "hosted.json"
# below the models of a state folder
HOSTED = "hosted"


class Hosted(Settings):
    """Who serves the model, its name there, and which one the server's answers state that they are of.

    ``stated`` is the version or date that an alias stands for; one that moves is another model.
    ``thinking`` is whether it is told to think, or not to, where it is told.
    """

    provider: str
    model: str
    revision: str | None = None
    stated: str | None = None
    thinking: bool | None = Field(None, exclude_if=lambda told: told is None)


def provider(base_url: str) -> str:
    """The server's name without its port, which may be another tomorrow."""
    return urlsplit(base_url).hostname or base_url


def hosted_folder(models: Path, hosted: Hosted) -> Path:
    """The folder below ``models`` that says so; written once."""
    folder = models / HOSTED / digest(hosted.model_dump())[:16]
    if not (folder / FILE).is_file():
        folder.mkdir(parents=True, exist_ok=True)
        with durable(folder / FILE) as path:
            path.write_text(json.dumps(hosted.model_dump(), indent=2))
    return folder


def read_hosted(folder: Path) -> Hosted | None:
    """The hosted model that ``folder`` stands for, if it does; raises BadInput where its file is damaged."""
    path = folder / FILE
    if not path.is_file():
        return None
    try:
        return Hosted.model_validate_json(path.read_bytes())
    except ValidationError as error:
        raise BadInput(
            f"{path} does not say which hosted model it is of: remove it, and materialize the model again"
        ) from error
