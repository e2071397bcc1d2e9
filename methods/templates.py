"""Prompt templates: text files with ``{{name}}`` slots, filled in one pass."""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

from datasets_registry.errors import BadInput
from datasets_registry.hashing import file_digest

FOLDER = Path(__file__).parent / "prompts"
_SLOT = re.compile(r"\{\{(\w+)\}\}")
_DECLARED: ContextVar[Mapping[str, str] | None] = ContextVar("declared templates", default=None)


@contextmanager
def only(digests: Mapping[str, str]) -> Iterator[None]:
    """Refuse within this context to fill any template but these, or one whose file has another digest.

    They are what a recipe holds, so that what runs is what was hashed.
    """
    before = _DECLARED.set(digests)
    try:
        yield
    finally:
        _DECLARED.reset(before)


def template_digests(names: Iterable[str]) -> dict[str, str]:
    """The digest of each template's file by name, sorted; raises BadInput where there is none."""
    return {name: file_digest(template_path(name)) for name in sorted(names)}


def template_path(name: str) -> Path:
    """The file of template ``name``; raises BadInput where there is none."""
    path = FOLDER / f"{name}.txt"
    if not re.fullmatch(r"[a-z_]+", name) or not path.is_file():
        known = ", ".join(sorted(path.stem for path in FOLDER.glob("*.txt")))
        raise BadInput(f"no prompt template {name!r}: there are {known}")
    return path


def fill(name: str, **values: str) -> str:
    """Template ``name`` with its slots filled at once, so that slots in a value stay text.

    Raises BadInput where there is no such template, where slots and values differ, and where the method that
    runs has not declared it, or declared another text.
    """
    declared = _DECLARED.get()
    if declared is not None and name not in declared:
        raise BadInput(f"template {name!r} is not declared by this method: add it to the method's prompts")
    content = template_path(name).read_bytes()
    if declared is not None and hashlib.sha256(content).hexdigest() != declared[name]:
        raise BadInput(f"template {name!r} changed since the graph was loaded: reload it, then build again")
    text = content.decode().strip()
    slots = set(_SLOT.findall(text))
    if slots != set(values):
        raise BadInput(f"template {name!r} has slots {sorted(slots)}, given are {sorted(values)}")
    return _SLOT.sub(lambda slot: values[slot[1]], text)
