"""Keeping versions: what earlier code made counts as made by today's, because a person says so."""

import getpass
from collections.abc import Mapping

from assets.building.declared import Names
from assets.building.versions import Versions
from datasets_registry.catalog.kept import Kept
from datasets_registry.catalog.records import now
from datasets_registry.errors import BadInput
from datasets_registry.inspecting.recipe_changes import setting_changes
from datasets_registry.registry import Registry
from datasets_registry.rows.types import row_type
from datasets_registry.version import Derivation, Version
from quality.auditing.publishing import check_candidate

TEXT = ".txt"
CHECK = "check "


def keep(versions: Versions, name: str, because: str) -> tuple[Version, Kept]:
    """Let the version of ``name`` that differs from today's recipe in nothing but code count as made by it.

    The checks of today run on it. Raises BadInput where there is nothing to keep, or more than code differs.
    """
    if not because.strip():
        raise BadInput(f"say why {name} stays what it is: --because 'what you looked at'")
    if name not in versions.recipes:
        raise BadInput(f"this profile makes no {name!r}: name one of {', '.join(versions.recipes)}")
    if made := versions.made(name):
        raise BadInput(f"{made[0]} counts as made by today's code already: there is nothing to keep")
    version, how, today = *_candidate(versions, name), versions.derivation(name)
    if how.inputs != today.inputs:
        # only what checks read differs, and they run again below
        how = how.model_copy(update={"inputs": today.inputs})
        versions.registry.record(version, how)
    kept = Kept(
        name=name,
        before=how.code_version,
        after=today.code_version,
        modules=changed_modules(how.parts, today.parts),
        who=getpass.getuser(),
        because=because.strip(),
        at=now(),
    )
    version = _checked(versions.registry, version, today)
    versions.registry.keep(kept)
    versions.forget(name)
    return version, kept


def _candidate(versions: Versions, name: str) -> tuple[Version, Derivation]:
    """The version built last with today's settings, inputs and prompt texts, and how it was made."""
    registry, today = versions.registry, versions.derivation(name)
    checked = versions.recipes[name].checked
    built = registry.records.derivations(name)
    if not built:
        raise BadInput(f"{name} was never built: there is nothing to keep")
    for version, how in built:
        if version.status == "passed" and not _differences(how, today, checked):
            return version, how
    version, how = built[0]
    what = "; ".join(_differences(how, today, checked)) or f"{version} has not passed its checks"
    raise BadInput(f"{version} differs from today's recipe in more than code ({what}): build it again")


def _differences(how: Derivation, today: Derivation, checked: Names) -> list[str]:
    """What differs besides code; ``checked`` are inputs that checks alone read."""
    settings = [
        f"{change.path}: {change.before} → {change.after}"
        for change in setting_changes(how.settings, today.settings)
    ]
    before = {version.name: version.data_version for version in how.inputs if version.name not in checked}
    after = {version.name: version.data_version for version in today.inputs if version.name not in checked}
    inputs = [
        f"input {name} differs"
        for name in sorted(before.keys() | after.keys())
        if before.get(name) != after.get(name)
    ]
    texts = [
        f"{part} changed"
        for part, digest in today.parts.items()
        if part.endswith(TEXT) and how.parts.get(part) != digest
    ]
    return [*settings, *inputs, *texts]


def changed_modules(before: Mapping[str, str], after: Mapping[str, str]) -> dict[str, str]:
    """The modules that differ, each with whether it was added, removed or changed."""
    modules = {part for part in before.keys() | after.keys() if not part.endswith(TEXT)}
    changes = {
        module: "added" if module not in before else "removed" if module not in after else "changed"
        for module in sorted(modules)
        if before.get(module) != after.get(module)
    }
    return {module: change for module, change in changes.items() if not module.startswith(CHECK)}


def _checked(registry: Registry, version: Version, today: Derivation) -> Version:
    """The version after today's checks; raises UnpassedVersion where a blocking one is red."""
    if version.kind == "model":
        return version
    return registry.require_passed(check_candidate(registry, row_type(version), version, today.inputs))
