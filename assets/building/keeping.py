"""Keeping versions: what earlier code made counts as made by today's, because a person says so."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from operator import eq

from assets.building.declared import Names
from assets.building.recipe import CHECK, ROLE, TEXT
from assets.building.versions import Versions, not_made
from datasets_registry.catalog.account import account
from datasets_registry.catalog.kept import Kept
from datasets_registry.catalog.records import now
from datasets_registry.errors import BadInput, BrokenObject, UnpassedVersion
from datasets_registry.inspecting.recipe_changes import setting_changes
from datasets_registry.registry import Registry, is_red
from datasets_registry.rows.row import from_table
from datasets_registry.rows.types import row_type
from datasets_registry.version import CheckResult, Derivation, Version
from quality.auditing.publishing import checked_again


def keep(versions: Versions, name: str, because: str) -> tuple[Version, Kept]:
    """Let the version of ``name`` that differs from today's recipe in nothing but code count as made by it.

    Today's checks run on a dataset first. Raises BadInput where there is nothing to keep or more than code
    differs, and UnpassedVersion where a blocking check is red; then nothing is recorded.
    """
    if not because.strip():
        raise BadInput(f"say why {name} need not be built again: --because 'what you looked at'")
    if name not in versions.recipes:
        raise not_made(name, versions.recipes)
    if made := versions.made(name):
        raise BadInput(f"{made[0]} counts as made by today's code already: there is nothing to keep")
    version, how, today = *_candidate(versions, name), versions.derivation(name)
    results = _checked(versions.registry, version, today)
    kept = Kept(
        name=name,
        before=how.code_version,
        after=today.code_version,
        modules=changed_modules(how.parts, today.parts),
        who=account(),
        because=because.strip(),
        at=now(),
    )
    if how.inputs != today.inputs:
        # only columns and what checks read differ, and they ran again
        versions.registry.record(version, how.model_copy(update={"inputs": today.inputs}))
    if version.kind == "dataset":
        version = versions.registry.record_checks(version, results)
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
        if version.status == "passed" and not any(_differences(registry, how, today, checked)):
            return version, how
    version, how = built[0]
    what = "; ".join(_differences(registry, how, today, checked)) or f"{version} has not passed its checks"
    raise BadInput(f"{version} differs from today's recipe in more than code ({what}): build it again")


def _differences(registry: Registry, how: Derivation, today: Derivation, checked: Names) -> Iterator[str]:
    """What differs besides code; ``checked`` are inputs that checks alone read."""
    for change in setting_changes(how.settings, today.settings):
        yield f"{change.path}: {change.before} → {change.after}"
    before, after = (
        {version.name: version for version in made.inputs if version.name not in checked}
        for made in (how, today)
    )
    for name in sorted(before.keys() | after.keys()):
        old, new = before.get(name), after.get(name)
        if not old or not new or not _have_same_content(registry, old, new):
            yield f"{new or 'nothing'} in place of {old or 'nothing'}"
    yield from _part_differences(how.parts, today.parts)


def _have_same_content(registry: Registry, before: Version, after: Version) -> bool:
    """Whether two versions of an input are one, or hold the same rows, such as with a new column unset."""
    if before.learned_version == after.learned_version:
        return True
    if before.kind != "dataset" or before.num_rows != after.num_rows:
        return False
    row = row_type(after)
    try:
        old, new = (
            chain.from_iterable(from_table(row, batch) for batch in registry.batches(version))
            for version in (before, after)
        )
        return row_type(before) is row and all(map(eq, old, new))
    except BrokenObject:
        return False


def _part_differences(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[str]:
    """The prompt texts and roles that differ; roles only where they were recorded."""
    roles_known = any(part.startswith(ROLE) for part in before)
    for part in sorted(before.keys() | after.keys()):
        compared = part.endswith(TEXT) or (part.startswith(ROLE) and roles_known)
        if compared and before.get(part) != after.get(part):
            yield f"{part} changed"


def changed_modules(before: Mapping[str, str], after: Mapping[str, str]) -> dict[str, str]:
    """The modules that differ, each with whether it was added, removed or changed; a move is no change."""
    old, new = (
        {part: digest for part, digest in parts.items() if _is_module(part)} for parts in (before, after)
    )
    changes = {module: "changed" for module in old.keys() & new.keys() if old[module] != new[module]}
    gone = {module: old[module] for module in old.keys() - new.keys()}
    come = {module: new[module] for module in new.keys() - old.keys()}
    changes |= {module: "removed" for module, digest in gone.items() if digest not in come.values()}
    changes |= {module: "added" for module, digest in come.items() if digest not in gone.values()}
    return dict(sorted(changes.items()))


def _is_module(part: str) -> bool:
    return not part.startswith((ROLE, CHECK)) and not part.endswith(TEXT)


def _checked(registry: Registry, version: Version, today: Derivation) -> Sequence[CheckResult]:
    """The results of today's checks of a dataset; raises UnpassedVersion where a blocking one is red."""
    if version.kind == "model":
        return []
    results = checked_again(registry, row_type(version), version, today.inputs)
    if red := next(filter(is_red, results), None):
        raise UnpassedVersion(
            f"{version} does not pass today's check {red.check} ({red.description}): build it again"
        )
    return results
