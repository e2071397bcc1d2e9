"""The profile's `[models.NAME]`: a given model, or one that a trainer makes of a base and a dataset."""

from collections.abc import Mapping
from graphlib import CycleError, TopologicalSorter
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, Field, SerializeAsAny, ValidationError

from datasets_registry.errors import BadInput
from datasets_registry.rows.types import ROW_TYPES
from datasets_registry.settings import Settings
from datasets_registry.version import validated_name
from generation.engine import EngineSettings
from generation.spending import Price
from training.settings.learning import TrainingSettings
from training.trainers import Trainer

S = TypeVar("S", bound=Settings)


def _usable(name: str) -> str:
    try:
        return validated_name(name)
    except BadInput as error:
        raise ValueError(str(error)) from error


Name = Annotated[str, AfterValidator(_usable)]


class GivenModel(Settings):
    """A model that is given, such as the base policy or a judge of its own, and how its backend runs."""

    model: str = Field(min_length=1, description="A folder, a hub id, or a model that comes with Trimtab")
    backend: str = "transformers"
    engine: EngineSettings = EngineSettings()
    price: Price = Price()


class TrainedModel(Settings):
    """``base`` is a model of the profile, ``dataset`` one of the graph or imported.

    ``replayed`` names a dataset whose rows are mixed in, ``reward_models`` the models that score completions.
    """

    trainer: str
    base: Name
    dataset: Name
    replayed: Name | None = None
    reward_models: tuple[Name, ...] = ()
    training: SerializeAsAny[TrainingSettings]

    @property
    def models(self) -> tuple[str, ...]:
        """The models that it is made of."""
        return (self.base, *self.reward_models)


Section = GivenModel | TrainedModel


def read_models(content: Mapping[str, Any], trainers: Mapping[str, Trainer]) -> dict[str, Any]:
    """The sections by name, ``training`` read by each one's trainer.

    Raises ValueError that names the section, the value and the remedy.
    """
    return {name: _read(f"models.{name}", section, trainers) for name, section in content.items()}


def _read(place: str, section: object, trainers: Mapping[str, Trainer]) -> object:
    if not isinstance(section, Mapping):
        return section
    if "trainer" not in section:
        return _validated(place, GivenModel, section)
    trainer = trainers.get(str(section["trainer"]))
    if trainer is None:
        raise ValueError(
            f"{place}.trainer: unknown trainer {section['trainer']!r}: take one of {sorted(trainers)}"
        )
    if "replayed" in section and not trainer.replays:
        raise ValueError(f"{place}.replayed: {section['trainer']} replays no rows: leave it out")
    if "reward_models" in section and not trainer.scored:
        raise ValueError(f"{place}.reward_models: {section['trainer']} uses none: leave it out")
    training = _validated(f"{place}.training", trainer.settings, section.get("training", {}))
    return _validated(place, TrainedModel, {**section, "training": training})


def _validated(place: str, kind: type[S], content: object) -> S:
    try:
        return kind.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join((place, *map(str, first["loc"])))
        if first["type"] == "extra_forbidden":
            raise ValueError(f"unknown key {where!r}: remove it") from error
        raise ValueError(f"{where}: {first['msg']}") from error


def require_names(models: Mapping[str, Section]) -> None:
    """Raise ValueError where a model's name is taken, a base is unknown, or models are circular."""
    for name in models:
        _usable(name)
        if name in ROW_TYPES:
            raise ValueError(f"models.{name}: a dataset has this name: take another")
    for name, section in models.items():
        for named in section.models if isinstance(section, TrainedModel) else ():
            if named not in models:
                raise ValueError(f"models.{name}: unknown model {named!r}: take one of {sorted(models)}")
        if isinstance(section, TrainedModel):
            _require_datasets(name, section, models)
    ordered(models)


def _require_datasets(name: str, section: TrainedModel, models: Mapping[str, Section]) -> None:
    for dataset in (section.dataset, section.replayed):
        if dataset in models:
            raise ValueError(f"models.{name}: {dataset!r} is a model: name a dataset to train on")


def ordered(models: Mapping[str, Section]) -> list[str]:
    """The models' names, bases first; raises ValueError where they are circular."""
    needed = {
        name: set(section.models) if isinstance(section, TrainedModel) else set()
        for name, section in models.items()
    }
    try:
        return list(TopologicalSorter(needed).static_order())
    except CycleError as error:
        circle = " → ".join(error.args[1])
        raise ValueError(f"models: {circle} is circular: give one of them another base") from error
