"""What is stale, why, and what it took before: from content alone, before anything runs."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from assets.building.recipe import Recipe
from assets.graph import Graph
from datasets_registry.inspecting.recipe_changes import part_changes, setting_changes
from datasets_registry.registry import Registry
from datasets_registry.version import Derivation, Version
from generation.ledger.ledger import Ledger
from generation.models.folder import fingerprint

SHOWN_CHANGES = 4


@dataclass(frozen=True)
class Step:
    """An asset to build, and why."""

    name: str
    reason: str


@dataclass(frozen=True)
class Spent:
    """What an asset took so far: seconds of its last training, or all model calls that it ever made."""

    training_seconds: float = 0.0
    calls: int = 0
    tokens: int = 0
    call_seconds: float = 0.0
    usd: float = 0.0


def plan(graph: Graph, registry: Registry) -> list[Step]:
    """The assets to build, inputs first; one below a stale one may turn out unchanged.

    Raises where an input that no asset makes, such as imported data, is not there or has not passed.
    """
    steps: dict[str, Step] = {}
    for name in graph.imported:
        registry.passed(name)
    for recipe in graph.recipes:
        above = [one for one in recipe.inputs if one in steps]
        reason = f"{above[0]} is built first" if above else _reason(recipe, registry)
        if reason:
            steps[recipe.name] = Step(recipe.name, reason)
    return list(steps.values())


def _reason(recipe: Recipe, registry: Registry) -> str | None:
    version = registry.newest(recipe.name)
    if version is None:
        return "never built"
    if version.status != "passed":
        return f"{version} is not passed"
    how = registry.derivation(version)
    if how.code_version != recipe.code_version:
        return _changes(recipe, how)
    before = {one.name: one for one in how.inputs}
    if gone := sorted(before.keys() - set(recipe.inputs)):
        return f"no longer made from {', '.join(gone)}"
    for name in recipe.inputs:
        newest = registry.newest(name)
        if newest is None or name not in before or newest.data_version != before[name].data_version:
            return f"{newest or name} in place of {before.get(name, 'nothing')}"
    if registry.find(recipe.name, recipe.derivation(registry).recipe) is None:
        return f"files of {version} are missing"
    if version.kind == "model" and fingerprint(registry.folder(version)) != version.data_version:
        return f"files of {version} changed"
    return None


def _changes(recipe: Recipe, how: Derivation) -> str:
    """Which settings, prompt texts, modules and checks differ, where the catalog knows."""
    settings = [
        f"{change.path}: {change.before} → {change.after}"
        for change in setting_changes(how.settings, recipe.settings)
    ]
    changed = [*settings, *(f"{one} changed" for one in part_changes(how.parts, recipe.parts))]
    more = [f"{len(changed) - SHOWN_CHANGES} more"] if len(changed) > SHOWN_CHANGES else []
    return "; ".join([*changed[:SHOWN_CHANGES], *more]) or "code, settings or prompt texts changed"


def spent(registry: Registry) -> dict[str, Spent]:
    """What each asset took so far, by name.

    It bounds a rebuild from above: stored calls are found again, and training stops where its inputs turn
    out the same.
    """
    trained = {name: _trained(registry, registry.newest(name)) for name in registry.names("model")}
    called: dict[str, Spent] = {}
    for one in Ledger(registry.state.ledger).stats():
        called[one["asset"]] = _with(called.get(one["asset"], Spent()), one)
    return {name: one for name, one in (trained | called).items() if one != Spent()}


def _trained(registry: Registry, version: Version | None) -> Spent:
    path = registry.folder(version) / "manifest.json" if version else None
    if path is None or not path.is_file():
        return Spent()
    return Spent(training_seconds=json.loads(path.read_text())["seconds"])


def _with(so_far: Spent, one: Mapping[str, float]) -> Spent:
    tokens = int(one["prompt_tokens"] + one["completion_tokens"])
    return Spent(
        calls=so_far.calls + int(one["completions"]),
        tokens=so_far.tokens + tokens,
        call_seconds=so_far.call_seconds + one["seconds"],
        usd=so_far.usd + one["usd"],
    )
