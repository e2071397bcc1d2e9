"""How the making of two versions differs: settings, code and inputs, of them and of what they came from."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from datasets_registry.registry import Registry
from datasets_registry.version import Derivation, Version

SHOWN_CHARACTERS = 80


def recipe_changes(registry: Registry, before: Version, after: Version) -> list[dict[str, Any]]:
    """One entry for the two versions and for each pair of differing inputs above them, nearest first."""
    found: dict[tuple[str, int, int], dict[str, Any]] = {}
    waiting = [(before, after)]
    while waiting:
        old, new = waiting.pop(0)
        if (old.name, old.number, new.number) in found:
            continue
        hows = registry.derivation(old), registry.derivation(new)
        found[old.name, old.number, new.number] = _entry(old, new, *hows)
        waiting += [pair for pair in input_pairs(*hows) if pair[0].number != pair[1].number]
    return list(found.values())


def input_pairs(old: Derivation, new: Derivation) -> list[tuple[Version, Version]]:
    """The inputs that both derivations have, each with its two versions."""
    given = {one.name: one for one in old.inputs}
    return [(given[one.name], one) for one in new.inputs if one.name in given]


def _entry(before: Version, after: Version, old: Derivation, new: Derivation) -> dict[str, Any]:
    codes = {"before": old.code_version, "after": new.code_version}
    names = [{one.name for one in how.inputs} for how in (old, new)]
    return {
        "name": after.name,
        "kind": after.kind,
        "before": before.number,
        "after": after.number,
        "data_version": {"before": before.data_version, "after": after.data_version},
        "code_version": codes if codes["before"] != codes["after"] else None,
        "parts": part_changes(old.parts, new.parts),
        "settings": list(setting_changes(old.settings, new.settings)),
        "inputs": [_input(*pair) for pair in input_pairs(old, new)],
        "inputs_added": sorted(names[1] - names[0]),
        "inputs_dropped": sorted(names[0] - names[1]),
    }


def _input(before: Version, after: Version) -> dict[str, Any]:
    return {
        "name": after.name,
        "kind": after.kind,
        "before": before.number,
        "after": after.number,
        "data_version": {"before": before.data_version, "after": after.data_version},
        "changed": before.data_version != after.data_version,
    }


def part_changes(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    """The names of texts and modules that differ; none where either was not recorded."""
    if not (before and after):
        return []
    return sorted(name for name in {*before, *after} if before.get(name) != after.get(name))


def setting_changes(before: object, after: object, path: str = "") -> Iterator[dict[str, str]]:
    """Each setting that differs: its path such as ``answers.temperature``, and both values, shortened."""
    old, new = ({} if one is None else one for one in (before, after))
    if before != after and isinstance(old, Mapping) and isinstance(new, Mapping):
        for name in sorted({*old, *new}):
            place = f"{path}.{name}" if path else str(name)
            yield from setting_changes(old.get(name), new.get(name), place)
    elif before != after:
        yield {"path": path, "before": shortened(before), "after": shortened(after)}


def shortened(value: object, characters: int = SHOWN_CHARACTERS) -> str:
    """``value`` as JSON, cut to ``characters``."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= characters else text[: characters - 1] + "…"
