"""The profile's `[models.NAME]`: a given model, or one that is trained from a base on a dataset."""

from collections.abc import Mapping
from functools import partial
from typing import Annotated, Any

from pydantic import AfterValidator, Field, SerializeAsAny, model_validator

from assets.profile.reading.trained import with_training
from datasets_registry.documents import (
    Fault,
    Faulty,
    faults,
    meant,
    require_all,
    unknown_key,
    validated_at,
)
from datasets_registry.hosted import provider
from datasets_registry.rows.words import Signal
from datasets_registry.settings import Distinct, Settings
from datasets_registry.version import validated_name
from generation.chat import SystemPlace
from generation.engine import REMOTE, BackendName, EngineSettings, require_inner, server_of
from generation.models.sources import require_source
from generation.spending import Price
from methods.reading.thought import THINK, Marks
from training.settings.learning import TrainingSettings
from training.settings.sampler import SamplerEngine
from training.trainers import Trainer


def usable(name: str) -> str:
    """A name that an asset may have; raises ValueError for another."""
    with faults():
        return validated_name(name)


def _each_its_own(rewards: Mapping[str, str]) -> Mapping[str, str]:
    models = list(rewards.values())
    twice = next((model for model in models if models.count(model) > 1), None)
    if twice is not None:
        raise ValueError(f"{twice!r} scores two signals: name a reward model for each")
    return rewards


def _usable_or_none(name: str) -> str:
    return usable(name) if name else name


Name = Annotated[str, AfterValidator(usable)]
# a reward model for each signal
RewardModels = Annotated[Mapping[Signal, Name], AfterValidator(_each_its_own)]


class GivenModel(Settings):
    """A model that is given, such as the base policy or a judge of its own, and how its backend runs.

    A hosted one has no ``model``, whose weights would be here: its server knows it by its served name.
    """

    model: str = Field(
        "", description="A folder, a hub id, or a model that comes with Trimtab; left out for a hosted model"
    )
    revision: str | None = Field(
        None, min_length=1, description="The commit, tag or branch of a hub id; its main branch otherwise"
    )
    thinking: bool | None = Field(
        None,
        description="Whether a model that can do both thinks before it answers; if not set, what its chat "
        "template does, unless only without thoughts its drawn and its trained turns open alike; of hosted "
        "models for anthropic alone, where it also shows a summary of the thought",
    )
    thought_marks: Marks = Field(
        THINK,
        description="The marks between which it thinks: what stands there is kept, and is no answer",
    )
    system: SystemPlace | None = Field(
        None,
        description="`in the first user turn` for a chat template without a place for a system turn: "
        "it is read there, at the head; if not set, as the template reads it",
    )
    backend: BackendName = "transformers"
    engine: EngineSettings = EngineSettings()
    price: Price = Price()

    @property
    def hosted(self) -> bool:
        """Whether its weights are nobody's here, but a server's."""
        return not self.model

    @property
    def runs_on(self) -> str:
        """The backend that runs the model, on this machine or on a cluster's nodes."""
        return self.engine.inner if self.backend == "ray" else self.backend

    @property
    def replicas(self) -> int:
        """Engines side by side, as far as it is said how many."""
        several = self.backend in ("ray", "vllm") and self.engine.replicas != "auto"
        return int(self.engine.replicas) if several else 1

    @property
    def thinks(self) -> bool:
        """Whether it is said to think before it answers: by ``thinking``, or by marks of its own."""
        return self.thought_marks != THINK if self.thinking is None else self.thinking

    @property
    def known_as(self) -> str:
        """Its name where it comes from."""
        return (
            f"{self.engine.served_model} of {provider(server_of(self.backend, self.engine))}"
            if self.hosted
            else self.model
        )

    @model_validator(mode="after")
    def _is_somewhere(self) -> "GivenModel":
        if self.backend == "ray":
            with faults():
                require_inner(self.engine)
        if not self.hosted:
            if self.backend == "anthropic":
                raise ValueError("backend = 'anthropic' serves its own models: leave model out")
            with faults():
                require_source(self.model, self.revision)
            return self
        self._require_server()
        # of hosted models Anthropic's alone are told whether to think
        told = () if self.backend == "anthropic" else ("thinking",)
        for name in ("revision", "system", *told):
            if name in self.model_fields_set:
                raise ValueError(
                    f"{name} is of a model whose files are here, and a hosted one has none: leave it out"
                )
        return self

    def _require_server(self) -> None:
        """Raise ValueError where a hosted model's server, its name there or its key is not said."""
        if self.backend not in REMOTE:
            raise ValueError(
                "model is missing: name a folder, a hub id or a model that comes with Trimtab; or, for a "
                "hosted model, set backend = 'openai' and in engine its base_url and served_model, or "
                "backend = 'anthropic' and in engine its served_model and api_key_env"
            )
        needed = {"openai": ("base_url", "served_model"), "anthropic": ("served_model", "api_key_env")}
        for name in needed[self.backend]:
            if getattr(self.engine, name) is None:
                raise ValueError(f"engine.{name} is missing, which backend = {self.backend!r} needs: add it")


class TrainedModel(Settings):
    """A model that ``trainer`` makes from ``base``, a model of the profile, on ``dataset``.

    ``replayed`` names a dataset whose rows are mixed in, ``reward_models`` the models that score completions.
    In their place ``rewards`` names one for each signal, which ``training.rewards.combination`` combines.
    ``reference`` is the model that the loss compares with, which is the base if not set.
    ``sampler_engine`` is how vLLM runs beside an online trainer that samples by it.
    """

    trainer: str
    base: Name
    dataset: Annotated[str, AfterValidator(_usable_or_none)] = ""
    replayed: Name | None = None
    reward_models: Annotated[tuple[Name, ...], Distinct] = ()
    rewards: RewardModels = Field(default={})
    reference: Name | None = None
    training: SerializeAsAny[TrainingSettings]
    sampler_engine: SamplerEngine = SamplerEngine()
    rollouts: bool = Field(True, description="Whether an online trainer keeps its samples as a dataset")

    @property
    def models(self) -> tuple[str, ...]:
        """The models that it is made from."""
        return (
            self.base,
            *self.reward_models,
            *filter(None, [self.compared_with]),
            *self.training.further_models,
        )

    @property
    def compared_with(self) -> str | None:
        """The reference where it is another than the base."""
        return None if self.reference == self.base else self.reference

    @model_validator(mode="before")
    @classmethod
    def _signals_have_the_models(cls, content: Any) -> Any:
        """Let the models of ``rewards`` be the reward models, in their order."""
        rewards = content.get("rewards") if isinstance(content, Mapping) else None
        if not rewards or not isinstance(rewards, Mapping):
            return content
        scoring = tuple(rewards.values())
        if tuple(content.get("reward_models", scoring)) != scoring:
            raise ValueError("reward_models and rewards both name reward models: give one of them")
        return {**content, "reward_models": scoring}


class ReleasedModel(Settings):
    """The model that a round hands on: ``policy`` where ``verdict`` goes on, otherwise ``base``."""

    policy: Name
    base: Name
    verdict: Name

    @property
    def models(self) -> tuple[str, ...]:
        """The models that it may be."""
        return tuple(dict.fromkeys((self.policy, self.base)))


# the keys that only a trained model has, besides its trainer
_OF_TRAINED = {"base", "dataset", "training"}
Section = GivenModel | TrainedModel | ReleasedModel


def read_models(content: Mapping[str, Any], trainers: Mapping[str, Trainer]) -> dict[str, Any]:
    """The sections by name, ``training`` read by each one's trainer.

    Raises Faulty with all that is wrong in sections that cannot be read.
    """
    sections = require_all(partial(_read, model, section, trainers) for model, section in content.items())
    return dict(zip(content, sections, strict=True))


def _read(model: str, section: object, trainers: Mapping[str, Trainer]) -> object:
    """The section; a ValueError of a rule on it says where it stands."""
    try:
        return _section(model, section, trainers)
    except Faulty:
        raise
    except ValueError as error:
        raise Faulty([Fault(str(error), ("models", model))]) from error


def _section(model: str, section: object, trainers: Mapping[str, Trainer]) -> object:
    section_name = f"models.{model}"
    if not isinstance(section, Mapping):
        return section
    _require_keys(model, section)
    if "trainer" not in section and _OF_TRAINED & section.keys():
        raise ValueError(f"{section_name}.trainer is missing: name one of {sorted(trainers)}")
    if "trainer" not in section:
        return validated_at(("models", model), GivenModel, section)
    trainer = trainers.get(str(section["trainer"]))
    if trainer is None:
        near = meant(str(section["trainer"]), trainers)
        raise ValueError(
            f"{section_name}.trainer: unknown trainer {section['trainer']!r}{near}: use one of "
            f"{sorted(trainers)}"
        )
    if "replayed" in section and not trainer.replays:
        raise ValueError(f"{section_name}.replayed: {section['trainer']} does not replay rows: leave it out")
    for name in ("reward_models", "rewards"):
        if name in section and not trainer.scored:
            raise ValueError(
                f"{section_name}.{name}: {section['trainer']} does not use reward models: leave it out"
            )
    if "reference" in section and not trainer.settings.takes_reference:
        raise ValueError(
            f"{section_name}.reference: {section['trainer']} compares with no reference of its own: leave "
            "it out"
        )
    if "sampler_engine" in section and not trainer.scored:
        raise ValueError(f"{section_name}.sampler_engine: {section['trainer']} samples nothing: leave it out")
    if "rollouts" in section and not trainer.scored:
        raise ValueError(f"{section_name}.rollouts: {section['trainer']} samples nothing: leave it out")
    _require_dataset(section_name, section, trainer)
    return with_training(("models", model), TrainedModel, section, trainer)


def _require_keys(model: str, section: Mapping[str, Any]) -> None:
    """Raise Faulty for keys that no model has; what is meant by them may be what else would be missing."""
    kind = TrainedModel if _OF_TRAINED & section.keys() else GivenModel
    unknown = (
        unknown_key(("models", model, key), kind.model_fields)
        for key in section
        if key not in {*GivenModel.model_fields, *TrainedModel.model_fields}
    )
    if several := tuple(unknown):
        raise Faulty(several)


def _require_dataset(section_name: str, section: Mapping[str, Any], trainer: Trainer) -> None:
    """Raise ValueError where there is no dataset to learn from, or one and nothing is learned."""
    if trainer.settings.learns and not section.get("dataset"):
        raise ValueError(f"{section_name}.dataset is missing: add it")
    if "dataset" in section and not trainer.settings.learns:
        raise ValueError(f"{section_name}.dataset: {section['trainer']} learns from nothing: leave it out")
