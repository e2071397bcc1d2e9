"""What the models of a profile name: other models and datasets, which must be there and make no circle."""

from collections.abc import Iterator, Mapping
from functools import partial
from graphlib import CycleError, TopologicalSorter

from assets.profile.models import GivenModel, Section, TrainedModel, usable
from datasets_registry.documents import meant, require_all
from datasets_registry.rows.types import ROW_TYPES
from datasets_registry.rows.words import RULE_JUDGE


def require_names(models: Mapping[str, Section]) -> None:
    """Raise Faulty where a model's name is taken, a base is unknown, or models are circular."""
    require_all(partial(_require_own_name, model) for model in models)
    require_all(
        partial(_require_needed, model, needed, models)
        for model, section in models.items()
        for needed in (() if isinstance(section, GivenModel) else section.models)
    )
    trained = {name: section for name, section in models.items() if isinstance(section, TrainedModel)}
    require_all(
        rule
        for model, section in trained.items()
        for rule in (
            partial(_require_weights, model, section, models),
            partial(_require_parts, model, section),
            partial(_require_datasets, model, section, models),
        )
    )
    ordered(models)


def _require_own_name(model: str) -> None:
    usable(model)
    if model == RULE_JUDGE:
        raise ValueError(f"models.{model}: rules judge under this name: choose another")
    if model in ROW_TYPES:
        raise ValueError(f"models.{model}: a dataset has this name: choose another")


def _require_needed(model: str, needed: str, models: Mapping[str, Section]) -> None:
    if needed not in models:
        near = meant(needed, models)
        raise ValueError(f"models.{model}: unknown model {needed!r}{near}: use one of {sorted(models)}")


def _require_weights(model: str, section: TrainedModel, models: Mapping[str, Section]) -> None:
    for needed in section.models:
        given = models[needed]
        if isinstance(given, GivenModel) and given.hosted:
            raise ValueError(
                f"models.{model}: {needed!r} is hosted, so that its weights cannot be trained or loaded: "
                "name a model whose weights are here"
            )


def _require_parts(model: str, section: TrainedModel) -> None:
    parts = section.training.further_models
    if not section.training.learns and not parts:
        raise ValueError(
            f"models.{model}.training.shares is empty: name a model to average with, and its share"
        )
    if section.base in parts:
        raise ValueError(
            f"models.{model}.training.shares: {section.base!r} is the base, which has the rest: leave it out"
        )


def _require_datasets(model: str, section: TrainedModel, models: Mapping[str, Section]) -> None:
    for dataset in (section.dataset, section.replayed):
        if dataset in models:
            raise ValueError(f"models.{model}: {dataset!r} is a model: name a dataset to train on")


def require_ancestor(place: str, reference: str, model: str, models: Mapping[str, Section]) -> None:
    """Raise ValueError unless ``reference`` is ``model`` or one that it is trained from."""
    known = [model, *_bases(model, models)]
    if reference not in known:
        raise ValueError(
            f"{place}: {model!r} is not trained from {reference!r}, so that it cannot be its reference: "
            f"use one of {known}"
        )


def _bases(model: str, models: Mapping[str, Section]) -> Iterator[str]:
    """The model's base, the base's base and so on."""
    section = models[model]
    if isinstance(section, GivenModel):
        return
    for base in (section.base,) if isinstance(section, TrainedModel) else section.models:
        yield base
        yield from _bases(base, models)


def ordered(models: Mapping[str, Section]) -> list[str]:
    """The models' names, bases first; raises ValueError where they are circular."""
    bases = {
        model: set() if isinstance(section, GivenModel) else set(section.models)
        for model, section in models.items()
    }
    try:
        return list(TopologicalSorter(bases).static_order())
    except CycleError as error:
        circle = " → ".join(error.args[1])
        raise ValueError(f"models: {circle} is circular: give one of them another base") from error
