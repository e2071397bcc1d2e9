"""What an asset runs is what its recipe hashes: what follows from a change of each profile field."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from pathlib import Path

import pytest

from assets.building import recipe as recipe_module
from assets.building.code import code_of
from assets.building.declared import Dataset
from assets.building.recipe import Recipe, recipe_of
from assets.graph import build_graph
from assets.pipelines import prompts as prompts_module
from assets.profile import profile as profile_module
from assets.profile.profile import Profile
from datasets_registry.errors import BadInput
from datasets_registry.rows.hygiene import HygieneFinding
from datasets_registry.rows.prompts import Prompt
from datasets_registry.rows.row import Row
from datasets_registry.state import REPOSITORY
from methods.judging.constitution import load_constitution
from methods.method import Inputs, Method, Models, NoSettings
from methods.problems.prompt_files import PromptFileSettings, PromptSettings, prompt_file_settings
from methods.templates import template_digests
from quality.judges import resampling
from tests.assets.graphs import (
    IMPORTED,
    Declaration,
    asked_of_trainer,
    declared,
    declared_or_none,
    run,
)
from tests.assets.mutations import Content, Leaf, Place, changed, leaves, others, with_leaf
from tests.assets.poisoning import Poisoned, poisoned
from tests.assets.profile.absent_sections import OVERSIGHT
from tests.assets.profile_fields import (
    RULE,
    SIGNALS,
    TEMPLATES,
    VERIFIER,
    Mutation,
    decides_content,
    fields,
    mutations,
    small,
)
from tests.rows import make

PROFILES = ("laptop", "gpu")
# to find nothing is good, and a scripted policy knows no parts of problems
MAY_BE_EMPTY = ("evaluation_leaks", "amplified_labels")


@pytest.fixture(autouse=True, scope="module")
def unchanging_code() -> Iterator[None]:
    """Code, checks and texts are read once, as nothing here edits them; intervals need no precision."""
    of_roots, of_templates = cache(code_of), cache(template_digests)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(resampling, "RESAMPLES", 50)
        patch.setattr(profile_module, "load_constitution", cache(load_constitution))
        patch.setattr(prompts_module, "prompt_file_settings", _read_once())
        patch.setattr(recipe_module, "code_of", lambda roots: of_roots(tuple(roots)))
        patch.setattr(recipe_module, "template_digests", lambda names: of_templates(tuple(names)))
        patch.setattr(recipe_module, "_digest", cache(recipe_module._digest))
        yield


def _read_once() -> Callable[[type[Prompt], Path, PromptSettings], PromptFileSettings]:
    """The settings of prompt files, each of which is read once: what is chosen of it is another question."""
    read = cache(lambda row, path: prompt_file_settings(row, path, PromptSettings()))

    def settings(row: type[Prompt], path: Path, subset: PromptSettings) -> PromptFileSettings:
        chosen = {name: getattr(subset, name) for name in PromptSettings.model_fields}
        return read(row, path).model_copy(update=chosen)

    return settings


@dataclass(frozen=True)
class Mutated:
    """A profile, what it declares, and every mutation of it."""

    content: Content
    declared: Declaration
    mutations: Sequence[Mutation]
    _together: dict[tuple[int, ...], Declaration | None] = field(default_factory=dict)

    def together(self, mutations: Sequence[Mutation]) -> Declaration | None:
        """What is declared with all of these; None where they are not valid together."""
        key = tuple(map(id, mutations))
        if key not in self._together:
            merged = {place: value for mutation in mutations for place, value in mutation.changes.items()}
            self._together[key] = declared_or_none(changed(self.content, merged))
        return self._together[key]

    @cached_property
    def groups(self) -> list[list[Mutation]]:
        """The mutations, those together that are valid together."""
        groups: list[list[Mutation]] = []
        for mutation in self.mutations:
            group = next((group for group in groups if self._fits(mutation, group)), None)
            if group is None:
                groups.append(group := [])
            group.append(mutation)
        return groups

    def _fits(self, mutation: Mutation, group: Sequence[Mutation]) -> bool:
        merged = {place: value for each in group for place, value in each.changes.items()}
        if any(_overlap(place, other) for place in mutation.changes for other in merged):
            return False
        return self.together([*group, mutation]) is not None

    def apart_from(self, name: str, group: Sequence[Mutation]) -> list[Mutation]:
        """The mutations of a group that leave the recipe of ``name`` as it is."""
        versions = self.declared.versions[name]
        return [mutation for mutation in group if mutation.after.versions.get(name) == versions]


def _overlap(place: Place, other: Place) -> bool:
    """Whether one of them lies within the other, or is it."""
    shorter = min(len(place), len(other))
    return place[:shorter] == other[:shorter]


@pytest.fixture(scope="module", params=PROFILES)
def profile(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Mutated:
    """A shipped profile with few prompts and problems, and oversight; and every mutation of it."""
    folder = tmp_path_factory.mktemp("files")
    content = changed(small(request.param, folder), {("oversight",): OVERSIGHT})
    return Mutated(content, declared(content), list(mutations(content, folder)))


@pytest.fixture(scope="module")
def rows(profile: Mutated) -> Mapping[str, Sequence[Row]]:
    """What each dataset of the profile holds, as scripted models make it; nothing else is read."""
    rows = dict(IMPORTED)
    for name, dataset in profile.declared.datasets.items():
        with poisoned(dataset, profile.declared.recipes[name]):
            rows[name] = run(dataset, rows).rows
    return rows


def test_every_field_has_another_value(profile: Mutated) -> None:
    mutated = {mutation.field for mutation in profile.mutations}
    assert {leaf.name for leaf in fields(profile.content)} == mutated


def test_each_field_changes_a_recipe_or_decides_nothing(profile: Mutated) -> None:
    effects: dict[str, set[str]] = {}
    for mutation in profile.mutations:
        effects.setdefault(mutation.field, set()).update(mutation.effect)
    assert {field for field, names in effects.items() if not names and decides_content(field)} == set()
    assert {field for field, names in effects.items() if names and not decides_content(field)} == set()


def test_a_file_of_the_same_content_elsewhere_changes_nothing(profile: Mutated) -> None:
    elsewhere = [mutation for mutation in profile.mutations if "_same." in str(mutation.changes)]
    assert {mutation.field for mutation in elsewhere} == {
        "constitution",
        "prompts.red_team.file",
        "prompts.helpful.file",
    }
    assert not any(mutation.effect for mutation in elsewhere)


def test_what_a_recipe_does_not_hold_changes_neither_requests_nor_rows(
    profile: Mutated, rows: Mapping[str, Sequence[Row]]
) -> None:
    for name, dataset in profile.declared.datasets.items():
        before, ran = run(dataset, rows), [dataset]
        assert before.rows == rows[name], name
        for group in profile.groups:
            for after in _joined(profile, name, profile.apart_from(name, group)):
                # nothing but what is declared reaches a run, and one with the same was made
                if (mutated := after.datasets[name]) in ran:
                    continue
                with poisoned(mutated, after.recipes[name]):
                    assert run(mutated, rows) == before, name
                ran.append(mutated)


def test_the_small_profiles_ask_and_make_something_of_everything(
    profile: Mutated, rows: Mapping[str, Sequence[Row]]
) -> None:
    for name, dataset in profile.declared.datasets.items():
        assert rows[name] or name in MAY_BE_EMPTY, name
        assert bool(run(dataset, rows).requests) == dataset.generates, name


def _joined(profile: Mutated, name: str, apart: Sequence[Mutation]) -> Iterator[Declaration]:
    """Profiles that make these mutations, as many at once as go together and leave the recipe as it is."""
    if not apart:
        return
    after = profile.together(apart)
    if after and after.versions.get(name) == profile.declared.versions[name]:
        yield after
        return
    assert len(apart) > 1, (name, apart)
    middle = len(apart) // 2
    for half in (apart[:middle], apart[middle:]):
        yield from _joined(profile, name, half)


def test_what_a_models_recipe_does_not_hold_changes_nothing_for_its_trainer(
    profile: Mutated,
) -> None:
    before = profile.declared
    models = {name: asset for name, asset in before.assets.items() if not isinstance(asset, Dataset)}
    told = {name: asked_of_trainer(asset) for name, asset in models.items()}
    for mutation in profile.mutations:
        after = mutation.after
        for name in models.keys() & after.assets.keys():
            same = after.versions[name] == before.versions[name]
            asset = after.assets[name]
            assert not isinstance(asset, Dataset)
            asked = asked_of_trainer(asset)
            assert same == (asked == told[name]), (name, mutation.field)


def test_each_setting_and_each_role_is_part_of_the_recipe(profile: Mutated) -> None:
    for name, dataset in profile.declared.datasets.items():
        before = recipe_of(dataset).version
        for leaf in leaves(dataset.settings):
            values = others(leaf.annotation, leaf.value, (*TEMPLATES, *SIGNALS, RULE, VERIFIER))
            versions = (_version(dataset, leaf, value) for value in values if value != leaf.value)
            assert next(filter(None, versions)) != before, (name, leaf)
        for role, names in dataset.inputs.items():
            inputs = {**dataset.inputs, role: (*names[:-1], "another")}
            assert recipe_of(replace(dataset, inputs=inputs)).version != before, (name, role)
        for role, names in dataset.models.items():
            models = {**dataset.models, role: (*names[:-1], "another")}
            assert recipe_of(replace(dataset, models=models)).version != before, (name, role)


def _version(dataset: Dataset, leaf: Leaf, value: object) -> str | None:
    """The recipe's version with another value of a setting; None where a prompt text would be missing."""
    settings = with_leaf(dataset.settings, leaf.place, value)
    try:
        return recipe_of(replace(dataset, settings=settings)).version
    except BadInput:
        return None


def test_a_setting_that_its_recipe_leaves_out_changes_no_row(profile: Mutated) -> None:
    left_out = {
        (type(dataset.settings).__name__, field)
        for dataset in profile.declared.datasets.values()
        for field, info in type(dataset.settings).model_fields.items()
        if info.exclude
    }
    # where a prompt file lies: what is in it is held, and a copy elsewhere is among the mutations
    assert left_out == {("PromptFileSettings", "file")}


def test_another_weight_makes_the_pairs_that_it_chooses_stale(tmp_path: Path) -> None:
    content = small("gpu", tmp_path)
    weight = ("rlaif", "labels", "weights", "red_team", "harmlessness")
    graphs = [build_graph(Profile.model_validate(each)) for each in (content, changed(content, {weight: 1}))]
    before, after = (
        {spec.key.to_user_string(): spec.code_version for asset in graph.assets for spec in asset.specs}
        for graph in graphs
    )
    stale = {name for name in before if before[name] != after[name]}
    assert content["rlaif"]["pairs"]["selection"] == "best_worst"
    assert stale == {"completion_pairs", "preference_pairs"}


def _reads_environment(inputs: Inputs, models: Models, settings: NoSettings) -> list[HygieneFinding]:
    return [make(HygieneFinding, detail=os.environ.get("TRIMTAB_PROFILE", "laptop"))]


def _reads_profile(inputs: Inputs, models: Models, settings: NoSettings) -> list[HygieneFinding]:
    return [make(HygieneFinding, detail=profile_module.load_profile("laptop").description)]


def _reads_file(inputs: Inputs, models: Models, settings: NoSettings) -> list[HygieneFinding]:
    return [make(HygieneFinding, detail=(REPOSITORY / "profiles" / "laptop.toml").read_text())]


@pytest.mark.parametrize("method", [_reads_environment, _reads_profile, _reads_file])
def test_a_method_that_reads_something_else_is_found_out(
    method: Callable[[Inputs, Models, NoSettings], list[HygieneFinding]],
) -> None:
    strange = Dataset("strange", Method(method, NoSettings, HygieneFinding))
    assert run(strange, {}).rows
    with pytest.raises(Poisoned), poisoned(strange, Recipe("strange")):
        run(strange, {})
