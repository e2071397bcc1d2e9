"""The models of the profile's `[models.NAME]` sections, bases before what stands on them."""

import importlib
from collections.abc import Iterable, Mapping
from graphlib import CycleError, TopologicalSorter
from typing import Any

from assets.building.model import trained_model
from assets.building.recipe import Built
from assets.building.roles import Roles
from assets.pipelines.problems import VERIFYING, VERIFYING_TEXTS
from assets.profile.models import TrainedModel
from assets.profile.profile import Profile
from datasets_registry.errors import BadInput

_SOLVING = ("candidates", "rft_selections", "verified_pairs", "problems")


def model_assets(profile: Profile, built: Iterable[Built]) -> list[Built]:
    """One asset for each section; raises BadInput where a name is taken, or names no model.

    A dataset that no asset makes has to be imported under its name.
    """
    assets = {recipe.name: asset for recipe, asset in built}
    models = {name for name, asset in assets.items() if asset.group_names_by_key[asset.key] == "models"}
    _require_names(profile.models, set(assets), models)
    return [_asset(name, profile.models[name], profile) for name in _ordered(profile.models)]


def _require_names(sections: Mapping[str, TrainedModel], taken: set[str], models: set[str]) -> None:
    known = models | set(sections)
    for name, section in sections.items():
        if name in taken:
            raise BadInput(f"models.{name}: the graph has an asset of this name: take another")
        for one in (section.base, *section.scorers):
            if one not in known:
                raise BadInput(f"models.{name}: unknown model {one!r}: take one of {sorted(known)}")
        for named in (section.dataset, section.replay):
            if named in known:
                raise BadInput(f"models.{name}: {named!r} is a model: name a dataset to train on")


def _ordered(sections: Mapping[str, TrainedModel]) -> list[str]:
    needed = {name: {one.base, *one.scorers} & sections.keys() for name, one in sections.items()}
    try:
        return list(TopologicalSorter(needed).static_order())
    except CycleError as error:
        around = " → ".join(error.args[1])
        raise BadInput(f"models: {around} stand on one another: give one of them another base") from error


def _asset(name: str, section: TrainedModel, profile: Profile) -> Built:
    if section.trainer == "ppo" and profile.launch.several:
        raise BadInput(
            f"models.{name}: ppo trains in one process, and launch.processes is {profile.launch.processes}: "
            "take grpo or rloo, or a profile without [launch]"
        )
    verified = section.verified
    waited = ("gold_verdicts",) if verified and section.dataset == "problems" else ()
    roles = Roles(section.base, section.dataset, section.replay, section.scorers, waited)
    trainer = importlib.import_module(
        f"training.{'ppo.__main__' if section.trainer == 'ppo' else section.trainer}"
    )
    grain = f"The model that training.{section.trainer} makes of {section.base} and {section.dataset}."
    return trained_model(
        name,
        trainer,
        roles,
        section.training,
        profile,
        grain=grain,
        system_prompt=system_prompt(section.dataset, profile),
        more={"verifier": _verifier(name, profile)} if verified else None,
        texts=VERIFYING_TEXTS if verified else (),
        code=VERIFYING if verified else (),
    )


def _verifier(name: str, profile: Profile) -> dict[str, Any]:
    """The settings of the profile's verifier, as given: a bound of another kind would be refused."""
    if profile.reasoning is None:
        raise BadInput(
            f"models.{name}: training.rewards.verifier has a weight and the profile no verifier: add "
            "[reasoning.verifier], or set the weight to 0"
        )
    return profile.reasoning.verifier.model_dump(mode="json", exclude_unset=True)


def system_prompt(dataset: str, profile: Profile) -> str | None:
    """What stood before the conversations of ``dataset`` when they were drawn; None of imported ones."""
    if dataset in _SOLVING and profile.reasoning and profile.reasoning.candidates:
        return profile.reasoning.candidates.system_prompt
    return profile.answers.system_prompt if dataset in ("cai_sft", "preference_pairs") else None
