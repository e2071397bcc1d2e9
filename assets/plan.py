"""What is stale and why, from content alone, before anything runs."""

from dataclasses import dataclass

from assets.graph import Graph
from assets.recipe import Recipe
from datasets_registry.registry import Registry
from generation.model_folder import fingerprint


@dataclass(frozen=True)
class Step:
    """An asset to build, and why."""

    name: str
    reason: str


def plan(graph: Graph, registry: Registry) -> list[Step]:
    """The assets to build, inputs first; one below a stale one may turn out unchanged.

    Raises where an input that no asset makes, such as imported data, is not there or has not passed.
    """
    steps: dict[str, Step] = {}
    made = {one.name for one in graph.recipes}
    for name in sorted({one for recipe in graph.recipes for one in recipe.inputs} - made):
        registry.passed(name)
    for recipe in graph.recipes:
        above = [one for one in recipe.inputs if one in steps]
        reason = f"{above[0]} is built first" if above else _reason(recipe, registry)
        if reason:
            steps[recipe.name] = Step(recipe.name, reason)
    return list(steps.values())


def _reason(recipe: Recipe, registry: Registry) -> str | None:
    version, derived = registry.newest(recipe.name), registry.derived(recipe.name)
    if version is None or derived is None:
        return "never built"
    if version.status != "passed":
        return f"{version} is not passed"
    code_version, inputs = derived
    if code_version != recipe.code_version:
        return "code, settings or prompt texts changed"
    for name in recipe.inputs:
        newest = registry.newest(name)
        if newest is None or newest.data_version != inputs.get(name):
            return f"{name} has a new version"
    if registry.find(recipe.name, recipe.derivation(registry).recipe) is None:
        return f"files of {version} are missing"
    if version.kind == "model" and fingerprint(registry.folder(version)) != version.data_version:
        return f"files of {version} changed"
    return None
