"""How the making of two versions differs: settings, code and inputs, of them and of what they came from."""

import json
from collections.abc import Iterator, Mapping
from typing import Literal

from datasets_registry.inspecting.record import Record
from datasets_registry.registry import Registry
from datasets_registry.version import Derivation, Version

SHOWN_CHARACTERS = 80


class BeforeAfter(Record):
    """A text that differs, in both versions."""

    before: str
    after: str


class SettingChange(BeforeAfter):
    """A setting by its path, such as ``answers.temperature``, and both values, shortened."""

    path: str


class InputVersions(Record):
    """An input that both versions have, and whether its content is another."""

    name: str
    kind: Literal["dataset", "model"]
    before: int
    after: int
    data_version: BeforeAfter
    changed: bool


class RecipeChange(Record):
    """How the making of two versions of one name differs; ``parts`` are texts and modules that differ."""

    name: str
    kind: Literal["dataset", "model"]
    before: int
    after: int
    data_version: BeforeAfter
    code_version: BeforeAfter | None
    parts: tuple[str, ...]
    settings: tuple[SettingChange, ...]
    inputs: tuple[InputVersions, ...]
    inputs_added: tuple[str, ...]
    inputs_dropped: tuple[str, ...]


def recipe_changes(registry: Registry, before: Version, after: Version) -> tuple[RecipeChange, ...]:
    """The changes of the two versions and of each pair of differing inputs above them, nearest first."""
    changes: dict[tuple[str, int, int], RecipeChange] = {}
    waiting = [(before, after)]
    while waiting:
        old, new = waiting.pop(0)
        pair = old.name, old.number, new.number
        if pair in changes:
            continue
        derivations = registry.derivation(old), registry.derivation(new)
        changes[pair] = _recipe_change(old, new, *derivations)
        waiting += [inputs for inputs in input_pairs(*derivations) if inputs[0].number != inputs[1].number]
    return tuple(changes.values())


def input_pairs(old: Derivation, new: Derivation) -> list[tuple[Version, Version]]:
    """The inputs that both derivations have, each with its two versions."""
    before = {version.name: version for version in old.inputs}
    return [(before[version.name], version) for version in new.inputs if version.name in before]


def _recipe_change(before: Version, after: Version, old: Derivation, new: Derivation) -> RecipeChange:
    code = BeforeAfter(before=old.code_version, after=new.code_version)
    old_names, new_names = ({version.name for version in derivation.inputs} for derivation in (old, new))
    return RecipeChange(
        name=after.name,
        kind=after.kind,
        before=before.number,
        after=after.number,
        data_version=BeforeAfter(before=before.data_version, after=after.data_version),
        code_version=code if code.before != code.after else None,
        parts=tuple(part_changes(old.parts, new.parts)),
        settings=tuple(setting_changes(old.settings, new.settings)),
        inputs=tuple(_input_versions(*pair) for pair in input_pairs(old, new)),
        inputs_added=tuple(sorted(new_names - old_names)),
        inputs_dropped=tuple(sorted(old_names - new_names)),
    )


def _input_versions(before: Version, after: Version) -> InputVersions:
    return InputVersions(
        name=after.name,
        kind=after.kind,
        before=before.number,
        after=after.number,
        data_version=BeforeAfter(before=before.data_version, after=after.data_version),
        changed=before.data_version != after.data_version,
    )


def part_changes(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    """The names of texts and modules that differ; none where either was not recorded."""
    if not (before and after):
        return []
    return sorted(name for name in {*before, *after} if before.get(name) != after.get(name))


def setting_changes(before: object, after: object, path: str = "") -> Iterator[SettingChange]:
    """Each setting that differs; ``before`` and ``after`` are settings, or values at ``path``."""
    old, new = ({} if value is None else value for value in (before, after))
    if before != after and isinstance(old, Mapping) and isinstance(new, Mapping):
        for name in sorted({*old, *new}):
            inner = f"{path}.{name}" if path else str(name)
            yield from setting_changes(old.get(name), new.get(name), inner)
    elif before != after:
        yield SettingChange(path=path, before=shortened(before), after=shortened(after))


def shortened(value: object, characters: int = SHOWN_CHARACTERS) -> str:
    """``value`` as JSON, cut to ``characters``."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= characters else text[: characters - 1] + "…"
