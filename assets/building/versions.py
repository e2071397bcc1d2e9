"""Which exact versions a graph stands on: those that its own recipes made, or that a person imported."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from assets.building.declared import Declared, Names
from assets.building.recipe import RENDERING, Recipe
from datasets_registry.catalog.line import Line
from datasets_registry.documents import meant
from datasets_registry.errors import BadInput, UnknownVersion
from datasets_registry.hashing import digest
from datasets_registry.registry import Registry
from datasets_registry.rows.imported import Problem
from datasets_registry.rows.review.labels import LabelItem
from datasets_registry.rows.review.sample import ReviewItem
from datasets_registry.rows.types import row_type, rows_of
from datasets_registry.version import MAIN_LINE, Derivation, Version
from quality.auditing.publishing import checked_again
from quality.checks.table import types_read
from quality.review.versions import require_reviews

# beside a dataset's settings: how often its samples were drawn again
DRAW = "draw"
NO_DRAWS: Mapping[str, int] = MappingProxyType({})


def not_made(name: str, made: Iterable[str]) -> BadInput:
    """The refusal of a name that no recipe of the profile makes, with those that resemble it most."""
    return BadInput(
        f"this profile makes no {name!r}{meant(name, made, most=3)}: `trimtab plan --all` lists what it makes"
    )


@dataclass
class Versions:
    """The versions of one graph in one registry, looked up once each.

    ``checked`` names what the checks of an imported dataset may read, by its row type. Where these are new,
    its checks are run again unless ``audits`` is false, and what another line made alike is only then taken
    over. ``draws`` are numbers of draws that are asked for by
    name; others are those that were made last under today's settings.
    """

    recipes: Mapping[str, Recipe]
    checked: Mapping[str, Names]
    registry: Registry
    run_id: str | None = None
    audits: bool = True
    draws: Mapping[str, int] = field(default_factory=dict)
    pins: Mapping[str, int] = field(default_factory=dict)
    _known: dict[str, Version] = field(default_factory=dict)
    _drawn: dict[str, int] = field(default_factory=dict)

    def derivation(self, name: str) -> Derivation:
        """How ``name`` is made now.

        Raises UnknownVersion or UnpassedVersion where an input is not there, or has not passed its checks.
        """
        recipe = self.recipes[name]
        return Derivation(
            code_version=recipe.code_version,
            settings=_settings(recipe, self.draw(name)),
            inputs=tuple(self.passed(source) for source in recipe.inputs),
            run_id=self.run_id,
            parts=recipe.parts,
        )

    def draw(self, name: str) -> int:
        """The draw whose samples ``name`` has: the one that is asked for, or that was made last."""
        if name not in self._drawn:
            asked, recipe = self.draws.get(name), self.recipes[name]
            self._drawn[name] = self._drawn_last(recipe) if asked is None else asked
        return self._drawn[name]

    def _drawn_last(self, recipe: Recipe) -> int:
        if RENDERING not in recipe.modules:
            return 0
        today = digest(dict(recipe.settings))
        records = self.registry.records
        for settings in records.settings(recipe.name) or records.settings(f"{MAIN_LINE}/{recipe.name}"):
            if digest(without_draw(settings)) == today:
                return int(str(settings.get(DRAW, 0)))
        return 0

    def made(self, name: str) -> tuple[Version, Derivation] | None:
        """The passed version that the recipe of ``name`` made of today's inputs, and how; if any."""
        return self.registry.made(name, self.derivation(name))

    def is_taken(self, version: Version) -> bool:
        """Whether another line made the version, and this takes it over."""
        return version.experiment != self.registry.records.line.experiment

    def passed(self, name: str) -> Version:
        """The version of ``name`` that this graph stands on; raises as ``derivation`` does."""
        if name not in self._known:
            self._known[name] = self._made(name) if name in self.recipes else self._imported(name)
        return self._known[name]

    def forget(self, name: str) -> None:
        """Look ``name`` up again the next time."""
        self._known.pop(name, None)
        self._drawn.pop(name, None)

    def _made(self, name: str) -> Version:
        how = self.derivation(name)
        made = self.registry.made(name, how)
        if made is not None:
            return self.registry.reuse(*made) if self.audits and self.is_taken(made[0]) else made[0]
        newest = self.registry.newest(name, how.recipe)
        if newest is not None:
            return self.registry.require_passed(newest)
        if earlier := self._trained_earlier(name, how):
            return earlier
        raise UnknownVersion(
            f"{name!r} has no version of this profile's recipe and of today's inputs: materialize it first"
        )

    def _trained_earlier(self, name: str, how: Derivation) -> Version | None:
        """The model that this graph's recipe trained last, of data that are newer now; such as amid a run.

        A dataset is never taken so, as its checks have not seen what is new.
        """
        for version, before in self.registry.records.derivations(name):
            same = (before.code_version, before.settings) == (how.code_version, how.settings)
            if version.kind == "model" and version.status == "passed" and same and self._is_ours(before):
                return version
        return None

    def _is_ours(self, how: Derivation) -> bool:
        """Whether all inputs of a derivation were imported, or made by recipes of this graph."""
        return all(
            version.name not in self.recipes
            or any(
                made == version
                and before.code_version == self.recipes[version.name].code_version
                and without_draw(before.settings) == self.recipes[version.name].settings
                and self._is_ours(before)
                for made, before in self.registry.records.derivations(version.name)
            )
            for version in how.inputs
        )

    def imported(self, name: str) -> Version | None:
        """The import of ``name`` that this graph stands on, the pinned or the newest; None without any."""
        if name not in self.pins:
            return self.registry.imported(name)
        with suppress(UnknownVersion):
            return self.registry.version(name, self.pins[name])
        return None

    def _imported(self, name: str) -> Version:
        version = self.imported(name)
        if version is None:
            require_reviews(name, self.registry, self._of_types(ReviewItem.dataset, LabelItem.dataset))
            if name in self.pins:
                raise UnknownVersion(
                    f"no {name}@{self.pins[name]}: `trimtab versions {name}` lists what there is"
                )
            raise UnknownVersion(f"{name!r} has no version yet: `trimtab import FILE --as {name}` makes one")
        self._require_problems(name, version)
        if self.audits and self.unaudited(name, version):
            version = self._audited(name, version)
        return self.registry.require_passed(version)

    def _require_problems(self, name: str, version: Version) -> None:
        """Raise BadInput where the profile names for its problems what holds other rows."""
        is_read = any(name in recipe.roles.get(Problem.dataset, ()) for recipe in self.recipes.values())
        if is_read and not issubclass(row_type(version), Problem):
            raise BadInput(
                f"problems.dataset: {version} holds rows of {rows_of(version)}: name a dataset of problems "
                "(`trimtab import FILE --like problems`)"
            )

    def unaudited(self, name: str, version: Version) -> tuple[Version, ...]:
        """What the checks of an imported version read now and did not read when it was last checked."""
        before = {(read.plain, read.data_version) for read in self.registry.derivation(version).inputs}
        return tuple(read for read in self._ground(name) if (read.plain, read.data_version) not in before)

    def read_by_checks(self, name: str) -> Names:
        """What the checks of the dataset ``name`` read, if it is an imported one."""
        version = self.imported(name) if name not in self.recipes else None
        row_types = types_read(rows_of(version)) if version else frozenset[str]()
        return tuple(read for read in self.checked.get(name, ()) if self._rows_of(read) in row_types)

    def _of_types(self, *row_types: str) -> Names:
        """The datasets of this graph whose rows are of one of these types."""
        return tuple(name for name, recipe in self.recipes.items() if recipe.rows in row_types)

    def _rows_of(self, name: str) -> str | None:
        if name in self.recipes:
            return self.recipes[name].rows
        version = self.imported(name)
        return rows_of(version) if version else None

    def _ground(self, name: str) -> tuple[Version, ...]:
        return tuple(self.passed(read) for read in self.read_by_checks(name))

    def _audited(self, name: str, version: Version) -> Version:
        """The imported version after its checks have run against today's ground."""
        ground = self._ground(name)
        how = self.registry.derivation(version).model_copy(update={"inputs": ground})
        self.registry.record(version, how)
        results = checked_again(self.registry, row_type(version), version, ground)
        return self.registry.record_checks(version, results)


@dataclass(frozen=True)
class Recipes:
    """The recipes of a graph by name, what the checks of its imported datasets read, and what it declares.

    What they make is of the ``experiment``, or of the main line.
    """

    recipes: Mapping[str, Recipe]
    checked: Mapping[str, Names]
    declared: Sequence[Declared] = ()
    pins: Mapping[str, int] = field(default_factory=dict)
    experiment: str = ""

    @property
    def line(self) -> Line:
        """The line of what they make, which shares what is imported."""
        return Line(self.experiment, frozenset(self.checked))

    def key(self, name: str) -> str:
        """The name that a dataset or model of the graph has everywhere."""
        return self.line.stored(name)

    def versions(
        self,
        registry: Registry,
        run_id: str | None = None,
        *,
        audits: bool = True,
        draws: Mapping[str, int] = NO_DRAWS,
    ) -> Versions:
        """The exact versions that the graph stands on in ``registry``."""
        own = registry.of(self.line)
        return Versions(self.recipes, self.checked, own, run_id, audits, draws, self.pins)


def _settings(recipe: Recipe, draw: int) -> Mapping[str, Any]:
    """A first draw is no part of them, so that the recipes of all that was never drawn again stay."""
    return {**recipe.settings, DRAW: draw} if draw else recipe.settings


def without_draw(settings: Mapping[str, object]) -> dict[str, object]:
    """The settings that a profile decides."""
    return {name: value for name, value in settings.items() if name != DRAW}
