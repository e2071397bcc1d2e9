"""Prompt templates: text files with ``{{name}}`` slots, filled in one pass."""

import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

from datasets_registry.errors import BadInput

FOLDER = Path(__file__).parent / "prompts"
_SLOT = re.compile(r"\{\{(\w+)\}\}")
_DECLARED: ContextVar[frozenset[str] | None] = ContextVar("declared templates", default=None)


@contextmanager
def only(names: Collection[str]) -> Iterator[None]:
    """Refuse within this context to fill any template but ``names``, which a recipe holds."""
    before = _DECLARED.set(frozenset(names))
    try:
        yield
    finally:
        _DECLARED.reset(before)


def template_path(name: str) -> Path:
    """The file of template ``name``; raises BadInput where there is none."""
    path = FOLDER / f"{name}.txt"
    if not re.fullmatch(r"[a-z_]+", name) or not path.is_file():
        known = ", ".join(sorted(one.stem for one in FOLDER.glob("*.txt")))
        raise BadInput(f"no prompt template {name!r}: there are {known}")
    return path


def fill(name: str, **values: str) -> str:
    """Template ``name`` with its slots filled at once, so that slots in a value stay text.

    Raises BadInput where there is no such template, where slots and values differ, and where the method that
    runs has not declared it.
    """
    declared = _DECLARED.get()
    if declared is not None and name not in declared:
        raise BadInput(f"template {name!r} is not declared by this method: add it to the method's prompts")
    text = template_path(name).read_text(encoding="utf-8").strip()
    slots = set(_SLOT.findall(text))
    if slots != set(values):
        raise BadInput(f"template {name!r} has slots {sorted(slots)}, given are {sorted(values)}")
    return _SLOT.sub(lambda slot: values[slot[1]], text)
