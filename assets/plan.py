"""What is stale, why, and what it cost before: from content alone, before anything runs."""

from collections.abc import Collection, Container, Mapping
from dataclasses import dataclass, field

from assets.building.recipe import ROLE, TEXT, Recipe
from assets.building.versions import NO_DRAWS, Versions, without_draw
from assets.estimates.costs import Cost, costs_of
from assets.estimates.forecast import Forecast, Wanted, forecasts
from assets.graph import Graph
from assets.held.causes import held, sources
from datasets_registry.catalog.kept import Kept
from datasets_registry.errors import TrimtabError
from datasets_registry.inspecting.recipe_changes import part_changes, setting_changes
from datasets_registry.manifest import Manifest
from datasets_registry.registry import Registry
from datasets_registry.rows.review.reviews import HumanReview
from datasets_registry.version import Derivation, Version
from generation.ledger.ledger import Ledger
from generation.models.folder import fingerprint

SHOWN_CHANGES = 4


@dataclass(frozen=True)
class Step:
    """An asset to build, and why; or one that is ``held``, and by what: in ``brief`` without a check's words.

    One that only ``waits`` is held by reviews that nobody requires, which is no failure. One that is
    ``taken`` is another line's, which made it alike: nothing is worked.
    """

    name: str
    reason: str
    held: bool = False
    waits: bool = False
    taken: bool = False
    brief: str = field(default="", compare=False)


@dataclass(frozen=True)
class Spent:
    """What an asset took so far: seconds of its last training, or all model calls that it ever made."""

    training_seconds: float = 0.0
    calls: int = 0
    tokens: int = 0
    call_seconds: float = 0.0
    usd: float = 0.0


@dataclass(frozen=True)
class Taken:
    """What assets took so far, and what they take on the profile's card, each by name."""

    spent: Mapping[str, Spent]
    on_card: Mapping[str, Cost]

    @property
    def training_seconds(self) -> dict[str, float]:
        """Of trainings, the last of each or that on the card."""
        counted = {name: cost.seconds for name, cost in self.on_card.items() if cost.seconds}
        trained = {name: cost.training_seconds for name, cost in self.spent.items() if cost.training_seconds}
        return counted | trained


def plan(
    graph: Graph,
    registry: Registry,
    only: Container[str] | None = None,
    draws: Mapping[str, int] = NO_DRAWS,
) -> list[Step]:
    """The assets to build, inputs first; one below a stale one may turn out unchanged.

    What depends on imported data that are not there or have not passed is held, and all else is planned.
    Where ``only`` these are built, raises UnknownVersion for an input without a version to stand on. What
    ``draws`` names is drawn again.
    """
    steps: dict[str, Step] = {}
    versions = graph.known.versions(registry, audits=False, draws=draws)
    causes = held(versions, graph.imported)
    for recipe in graph.recipes:
        if only is not None and recipe.name not in only:
            continue
        if recipe.name in causes:
            cause = causes[recipe.name]
            waits = recipe.name in graph.may_wait and cause == causes.get(HumanReview.dataset)
            steps[recipe.name] = Step(recipe.name, cause.sentence, True, waits, brief=cause.brief)
            continue
        above = [each for each in sources(recipe, versions) if each in steps and not steps[each].taken]
        if above:
            steps[recipe.name] = Step(recipe.name, f"{above[0]} is built first")
        elif taken := _taken(recipe, versions):
            steps[recipe.name] = Step(recipe.name, f"taken over from {taken}", taken=True)
        elif reason := _reason(recipe, versions):
            steps[recipe.name] = Step(recipe.name, reason)
    return list(steps.values())


def _taken(recipe: Recipe, versions: Versions) -> Version | None:
    """The version of another line that this graph's recipe makes too, where its own has none."""
    made = versions.made(recipe.name)
    return made[0] if made and versions.is_taken(made[0]) else None


def _reason(recipe: Recipe, versions: Versions) -> str | None:
    """Why ``recipe`` has to be built; None where it made a passed version of today's inputs."""
    for name in recipe.inputs:
        imported = None if name in versions.recipes else versions.imported(name)
        if imported and (grounds := versions.unaudited(name, imported)):
            return f"{imported} is checked against {', '.join(map(str, grounds))} first"
    made = versions.made(recipe.name)
    if made is None:
        return _why_not_made(recipe, versions)
    version = made[0]
    if version.kind == "model" and _has_changed(versions.registry, version):
        return f"files of {version} changed"
    return None


def _has_changed(registry: Registry, model: Version) -> bool:
    """Whether the model's files on this machine are others than were registered."""
    return registry.is_here(model) and fingerprint(registry.folder(model)) != model.data_version


def _why_not_made(recipe: Recipe, versions: Versions) -> str:
    registry, today = versions.registry, versions.derivation(recipe.name)
    newest = registry.newest(recipe.name, today.recipe)
    if newest is not None:
        return f"{newest} is not passed" if newest.status != "passed" else f"files of {newest} are missing"
    newest = registry.newest(recipe.name)
    if newest is None:
        return "never built"
    how = registry.derivation(newest)
    return (
        _changes(recipe, today, how)
        or _other_inputs(today, how)
        or ", ".join(f"{part} changed" for part in part_changes(how.parts, recipe.parts))
        or "code, settings or prompt texts changed"
    )


def _other_inputs(today: Derivation, how: Derivation) -> str | None:
    before = {version.plain: version for version in how.inputs}
    if gone := sorted(before.keys() - {version.plain for version in today.inputs}):
        return f"no longer made from {', '.join(gone)}"
    changed = (
        f"{version} in place of {before.get(version.plain, 'nothing')}"
        for version in today.inputs
        if version.plain not in before or before[version.plain].learned_version != version.learned_version
    )
    return next(changed, None)


def _changes(recipe: Recipe, today: Derivation, how: Derivation) -> str | None:
    """Which settings, prompt texts, modules and checks differ, where the catalog knows."""
    settings = [
        f"{change.path}: {change.before} → {change.after}"
        for change in setting_changes(how.settings, today.settings)
    ]
    parts = [part for part in part_changes(how.parts, recipe.parts) if not part.startswith(ROLE)]
    changed = [*settings, *(f"{part} changed" for part in parts)]
    more = [f"{len(changed) - SHOWN_CHANGES} more"] if len(changed) > SHOWN_CHANGES else []
    return "; ".join([*changed[:SHOWN_CHANGES], *more]) or None


def kept_versions(graph: Graph, registry: Registry) -> dict[str, Kept]:
    """The versions that count as made by today's code because a person said so, and who did."""
    versions = graph.known.versions(registry, audits=False)
    kept: dict[str, Kept] = {}
    for recipe in graph.recipes:
        waivers = [waiver for waiver in registry.kept(recipe.name) if waiver.undone_at is None]
        try:
            made = versions.made(recipe.name) if waivers else None
        except TrimtabError:
            made = None
        if made and made[1].code_version != recipe.code_version:
            kept[str(made[0])] = next(
                waiver for waiver in reversed(waivers) if waiver.after == recipe.code_version
            )
    return kept


def spent(registry: Registry) -> dict[str, Spent]:
    """What each asset took so far, by name.

    It bounds a rebuild from above: stored calls are found again, and training stops where its inputs turn
    out the same.
    """
    trained = {asset: _trained(registry, registry.newest(asset)) for asset in registry.names("model")}
    called: dict[str, Spent] = {}
    for stats in Ledger.of(registry.state, registry.engine).stats():
        called[stats["asset"]] = _added(called.get(stats["asset"], Spent()), stats)
    return {asset: cost for asset, cost in (trained | called).items() if cost != Spent()}


def taken(graph: Graph, registry: Registry) -> Taken:
    """What is known of the graph's assets."""
    return Taken(spent(registry), costs_of(graph.profile, registry))


def forecast(
    graph: Graph,
    registry: Registry,
    names: Collection[str],
    drawn: Collection[str] = (),
    known: Taken | None = None,
) -> dict[str, Forecast]:
    """What building each of these takes that asks a model or trains one, by name; ``drawn`` draw again."""
    anew = {recipe.name for recipe in graph.recipes if recipe.name in drawn or _asks_anew(recipe, registry)}
    trained = (known or taken(graph, registry)).training_seconds
    return forecasts(graph.profile, graph.declared, registry, Wanted(names, anew, trained))


def _asks_anew(recipe: Recipe, registry: Registry) -> bool:
    """Whether settings or prompt texts differ from those of its last version, so that requests do too."""
    newest = registry.newest(recipe.name)
    if newest is None:
        return False
    how = registry.derivation(newest)
    texts = [part for part in part_changes(how.parts, recipe.parts) if part.endswith(TEXT)]
    return any([*texts, *setting_changes(without_draw(how.settings), recipe.settings)])


def _trained(registry: Registry, version: Version | None) -> Spent:
    """The training of its weights, unless another model's training made them and it was handed on."""
    if version is None:
        return Spent()
    manifest = Manifest.read(registry.small_files(version))
    is_own = manifest.name in ("", version.name)
    return Spent(training_seconds=manifest.seconds or 0.0) if is_own else Spent()


def _added(so_far: Spent, stats: Mapping[str, float]) -> Spent:
    tokens = int(stats["prompt_tokens"] + stats["completion_tokens"])
    return Spent(
        calls=so_far.calls + int(stats["completions"]),
        tokens=so_far.tokens + tokens,
        call_seconds=so_far.call_seconds + stats["seconds"],
        usd=so_far.usd + stats["usd"],
    )
