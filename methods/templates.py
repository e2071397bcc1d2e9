"""Prompt templates: text files with ``{{name}}`` slots, filled in one pass."""

import re
from pathlib import Path

from datasets_registry.errors import BadInput

FOLDER = Path(__file__).parent / "prompts"
_SLOT = re.compile(r"\{\{(\w+)\}\}")


def template_path(name: str) -> Path:
    """The file of template ``name``; raises BadInput where there is none."""
    path = FOLDER / f"{name}.txt"
    if not re.fullmatch(r"[a-z_]+", name) or not path.is_file():
        known = ", ".join(sorted(one.stem for one in FOLDER.glob("*.txt")))
        raise BadInput(f"no prompt template {name!r}: there are {known}")
    return path


def fill(name: str, **values: str) -> str:
    """Template ``name`` with its slots filled at once, so that slots in a value stay text."""
    text = template_path(name).read_text(encoding="utf-8").strip()
    slots = set(_SLOT.findall(text))
    if slots != set(values):
        raise BadInput(f"template {name!r} has slots {sorted(slots)}, given are {sorted(values)}")
    return _SLOT.sub(lambda slot: values[slot[1]], text)
