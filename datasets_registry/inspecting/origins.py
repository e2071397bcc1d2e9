"""Where a model that was taken as given came from: the hub, a model that comes with Trimtab, or a folder."""

import re
from dataclasses import dataclass
from pathlib import Path

from datasets_registry.registry import Registry
from datasets_registry.version import Version

SMOLLM2 = "smollm2-135m-instruct"
LAB = "lab"
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


def origin(registry: Registry, version: Version) -> Origin:
    """Where the given model ``version`` came from; where it lies on this machine is not told."""
    named = str(registry.derivation(version).settings.get("model"))
    if named in _OURS:
        return _OURS[named]
    folder = registry.folder(version)
    revision = _revision(folder, named)
    description = f"{named} at revision {revision}" if revision else "a local directory"
    return Origin(description, named if revision else None, _licence(folder / "README.md"))


def _revision(folder: Path, named: str) -> str | None:
    """The revision where ``folder`` is what the hub's client keeps of ``named``."""
    cached = folder.parent.name == "snapshots" and folder.parent.parent.name
    return folder.name if cached == f"models--{named.replace('/', '--')}" else None


def _licence(card: Path) -> str | None:
    text = card.read_text(encoding="utf-8", errors="replace") if card.is_file() else ""
    front = _FRONT_MATTER.match(text)
    found = _LICENCE.search(front[1]) if front else None
    return found[1] if found else None
