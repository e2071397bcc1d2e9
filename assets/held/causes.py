"""Why assets cannot be built now: an input that is not there, or that has not passed its checks."""

from contextlib import suppress
from dataclasses import dataclass

from assets.building.declared import Names
from assets.building.recipe import Recipe
from assets.building.versions import Versions
from datasets_registry.errors import TrimtabError, UnpassedVersion
from datasets_registry.registry import Registry
from datasets_registry.version import Version


@dataclass(frozen=True)
class Cause:
    """The sentence that says why, and the same in ``brief``, where the check that failed was said before."""

    sentence: str
    brief: str


def held(versions: Versions, imported: Names) -> dict[str, Cause]:
    """The imported datasets and the assets that cannot be built now, each with its cause.

    An asset is held by the first of its inputs that is, and by its own red version where the same inputs,
    settings and code would make that again.
    """
    causes = {name: why for name in imported if (why := _of_import(name, versions))}
    for recipe in versions.recipes.values():
        above = next((source for source in sources(recipe, versions) if source in causes), None)
        why = causes[above] if above else _of_own(recipe, versions)
        if why:
            causes[recipe.name] = why
    return causes


def sources(recipe: Recipe, versions: Versions) -> Names:
    """What ``recipe`` is made from, and what the checks of its imported inputs read."""
    grounds = [read for source in recipe.inputs for read in versions.read_by_checks(source)]
    return (*recipe.inputs, *grounds)


def _of_import(name: str, versions: Versions) -> Cause | None:
    version = versions.imported(name)
    if version and version.status != "passed" and _is_checked_again(name, version, versions):
        return None
    try:
        versions.passed(name)
    except TrimtabError as error:
        return _of_error(error)
    return None


def _is_checked_again(name: str, version: Version, versions: Versions) -> bool:
    """Whether what its checks read is newer than they saw, or is still to be built."""
    try:
        return bool(versions.unaudited(name, version))
    except TrimtabError:
        return True


def _of_own(recipe: Recipe, versions: Versions) -> Cause | None:
    """That today's inputs made a red version already; None where one of them is to be built first."""
    with suppress(TrimtabError):
        if all(versions.made(source) for source in recipe.inputs if source in versions.recipes):
            how = versions.derivation(recipe.name)
            newest = versions.registry.newest(recipe.name, how.recipe)
            if newest and newest.status == "failed" and not versions.registry.made(recipe.name, how):
                return _why_not(newest, versions.registry)
    return None


def _why_not(version: Version, registry: Registry) -> Cause | None:
    try:
        registry.require_passed(version)
    except UnpassedVersion as error:
        return _of_error(error)
    return None


def _of_error(error: TrimtabError) -> Cause:
    return Cause(str(error), error.brief if isinstance(error, UnpassedVersion) else str(error))
