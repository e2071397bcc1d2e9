"""Where a model that was not trained here came from: the Hub, Trimtab itself, or a folder."""

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from datasets_registry.hosted import read_hosted
from datasets_registry.version import Version

if TYPE_CHECKING:
    from datasets_registry.registry import Registry


SMOLLM2 = "smollm2-135m-instruct"
LAB = "lab"
# below the models of a state folder: folders of links to a model's files, with a chat template of their own
PINNED = "pinned"
# below the models of a state folder: those of the Hub, each by repository and commit
HUB = "hub"
_FRONT_MATTER = re.compile(r"---\r?\n(.*?)\r?\n---", re.DOTALL)
_LICENCE = re.compile(r"^license:[ \t]*[\"']?([\w.-]+)", re.MULTILINE)


@dataclass(frozen=True)
class Origin:
    """``hub`` is the id on the Hub; ``licence`` is what the model's own card states; None where unknown."""

    description: str
    hub: str | None
    licence: str | None


_OURS = {
    SMOLLM2: Origin(
        "HuggingFaceTB/SmolLM2-135M-Instruct, from 4-bit weights",
        "HuggingFaceTB/SmolLM2-135M-Instruct",
        "Apache-2.0",
    ),
    LAB: Origin("the untrained lab model", None, "Apache-2.0"),
}


def origin(registry: "Registry", version: Version) -> Origin:
    """Where the given model ``version`` came from, without its place on this machine."""
    name = str(registry.derivation(version).settings.get("model"))
    if name in _OURS:
        return _OURS[name]
    if hosted := read_hosted(registry.small_files(version)):
        return Origin(f"{hosted.stated or hosted.model}, hosted by {hosted.provider}", None, None)
    folder = linked_folder(registry.small_files(version))
    revision = hub_commit(folder, name)
    description = f"{name} at revision {revision}" if revision else "a local directory"
    return Origin(description, name if revision else None, _licence(folder / "README.md"))


def linked_folder(folder: Path) -> Path:
    """The folder whose files ``folder`` has links to, where its chat template was pinned; else itself."""
    if folder.parent.name != PINNED:
        return folder
    return Path(os.path.normpath(folder / (folder / "config.json").readlink())).parent


def hub_folder(models: Path, repository: str) -> Path:
    """Where the downloads of ``repository`` lie, a folder for each commit."""
    return models / HUB / repository.replace("/", "--")


def hub_commit(folder: Path, repository: str) -> str | None:
    """The commit whose files ``folder`` holds; None where it is no download of ``repository``.

    It lies with the models of a state folder or, of earlier releases, in the Hub client's cache.
    """
    flat, folder = repository.replace("/", "--"), linked_folder(folder)
    inside, above = folder.parent.name, folder.parent.parent.name
    return folder.name if (inside, above) in ((flat, HUB), ("snapshots", f"models--{flat}")) else None


def _licence(card: Path) -> str | None:
    text = card.read_text(encoding="utf-8", errors="replace") if card.is_file() else ""
    front = _FRONT_MATTER.match(text)
    licence = _LICENCE.search(front[1]) if front else None
    return licence[1] if licence else None
