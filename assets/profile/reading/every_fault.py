"""All faults of a profile at once: behind misspelt keys and faulty sections, the rest is looked at too."""

from collections.abc import Iterable, Mapping
from copy import deepcopy
from typing import Any

from pydantic import BaseModel, ValidationError

from datasets_registry.documents import Fault, Location, all_faults

# sections whose parts have names of their own
_NAMED = ("models", "rounds", "mixtures", "gates")


def every_fault(kind: type[BaseModel], content: Mapping[str, Any]) -> list[str]:
    """A sentence for each fault of ``content``, which should be a ``kind``; empty where it is one.

    A misspelt key is read as the one that it resembles, so that what it says is neither missing nor unseen. A
    section with a fault is left out, so that rules on the others are looked at; what they say of one that is
    left out follows from its fault, and is passed over.
    """
    sentences: dict[str, None] = {}
    left_out: set[Location] = set()
    while several := _faults(kind, content):
        keys = [fault for fault in several if fault.is_unknown_key]
        reported = keys or [fault for fault in several if not _follows(fault, left_out)]
        sentences |= dict.fromkeys(fault.sentence for fault in reported)
        if keys:
            content = _corrected(content, keys)
            continue
        faulty = {part for fault in reported if (part := _part(content, fault.location))}
        if not faulty:
            break
        left_out |= faulty
        content = _without(content, faulty)
    return list(sentences)


def _faults(kind: type[BaseModel], content: Mapping[str, Any]) -> list[Fault]:
    try:
        kind.model_validate(content)
    except ValidationError as error:
        return all_faults(kind, content, error)
    return []


def _corrected(content: Mapping[str, Any], keys: Iterable[Fault]) -> dict[str, Any]:
    """``content`` with each unknown key as the one that it resembles, or without it."""
    changed = deepcopy(dict(content))
    for fault in keys:
        inner: Any = changed
        for part in fault.location[:-1]:
            inner = inner[part]
        value = inner.pop(fault.location[-1])
        if fault.known:
            inner.setdefault(fault.known, value)
    return changed


def _part(content: Mapping[str, Any], location: Location) -> Location:
    """The section of ``content``, or the named part of one, in which ``location`` is; empty if in none."""
    part = location[: 2 if location[:1] and location[0] in _NAMED else 1]
    inner: Any = content
    for name in part:
        if not isinstance(inner, Mapping) or name not in inner:
            return ()
        inner = inner[name]
    return part


def _without(content: Mapping[str, Any], parts: Iterable[Location]) -> dict[str, Any]:
    changed = deepcopy(dict(content))
    for part in parts:
        inner = changed
        for name in part[:-1]:
            inner = inner[str(name)]
        inner.pop(str(part[-1]), None)
    return changed


def _follows(fault: Fault, left_out: Iterable[Location]) -> bool:
    """Whether a rule speaks of what was left out."""
    marks = (
        mark
        for part in left_out
        for mark in ((f"{part[-1]!r}", ".".join(map(str, part))) if len(part) > 1 else _marks(str(part[0])))
    )
    return any(mark in fault.sentence for mark in marks)


def _marks(section: str) -> tuple[str, ...]:
    """How sentences name a section."""
    return f"[{section}]", f"[{section}.", f"{section}."
