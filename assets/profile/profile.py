"""The profile: one TOML file that says what is built, chosen by ``TRIMTAB_PROFILE``."""

import os
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from pydantic import Field, PrivateAttr, ValidationError, model_validator

from assets.profile.cai import Cai
from assets.profile.chosen import (
    EXPERIMENT,
    Experiment,
    Plugins,
    chosen_experiment,
    join_plugins,
    read_chosen,
)
from assets.profile.evaluation import EVERY, Evaluation
from assets.profile.fitting.parts import NEEDED, refuse, require_known, require_part
from assets.profile.fitting.trainable import (
    require_fitting_length,
    require_price,
    require_processes,
    require_rewarded,
    require_shares,
)
from assets.profile.former import successor
from assets.profile.judges import Judges
from assets.profile.launch import Card, LaunchSection, Tracking
from assets.profile.mixed.mixtures import Mixture, require_mixtures
from assets.profile.mixed.rewards import require_rewards
from assets.profile.models import GivenModel, Name, Section, TrainedModel, read_models
from assets.profile.oversight.oversight import Oversight, require_debatable
from assets.profile.prm import Prm
from assets.profile.problems import Problems
from assets.profile.prompts import Answers, Prompts
from assets.profile.reading.every_fault import every_fault
from assets.profile.rebuild import Rebuild
from assets.profile.related.models import require_names
from assets.profile.related.replay import require_replay
from assets.profile.review.review import Review
from assets.profile.rft import Rft
from assets.profile.rlaif import Rlaif
from assets.profile.rounds.needs import require_rounds
from assets.profile.rounds.rounds import Rounds
from assets.profile.rounds.unrolled import read_rounds, unrolled
from assets.profile.ruled.rules import Rules
from datasets_registry.documents import require_all
from datasets_registry.errors import BadInput, Faults
from datasets_registry.settings import Settings
from datasets_registry.state import REPOSITORY
from generation.spending import Budget
from methods.judging.constitution import Constitution, load_constitution
from quality.evaluation.gate import Gate
from training.trainers import Trainer, trainers


class Profile(Settings):
    """Everything that decides what is built; a method whose section is left out is not built."""

    description: str = Field("", description="What it builds, in a line; the file's name if not set")
    experiment: Experiment = Field(
        "", description="The experiment whose datasets and models it builds; the main line if not set"
    )
    min_free_gb: float = Field(
        1, ge=0, description="Disk for rows, completions and logs; models are counted by their shapes"
    )
    requires_gpu: bool = Field(False, description="Whether a build is refused where torch can use no GPU")
    card_gb: float | None = Field(None, gt=0, description="Memory that each GPU must have, in 1e9 bytes")
    plugins: Plugins = Plugins()
    constitution: str = "methods/judging/constitution.toml"
    models: Mapping[str, Section]
    prompts: Prompts = Prompts()
    answers: Answers = Answers()
    cai: Cai | None = None
    rlaif: Rlaif | None = None
    rules: Rules | None = None
    judges: Judges | None = None
    review: Review | None = None
    problems: Problems | None = None
    rft: Rft | None = None
    prm: Prm | None = None
    oversight: Oversight | None = None
    evaluation: Evaluation | None = None
    rounds: Mapping[str, Rounds] = {}
    gates: Mapping[str, Gate] = {}
    mixtures: Mapping[Name, Mixture] = Field(default={}, description="Datasets of rows of others, by name")
    budget: Budget = Budget()
    tracking: Tracking = Tracking()
    launch: LaunchSection = LaunchSection()
    card: Card | None = None
    rebuild: Rebuild = Rebuild()
    # where it was read; not what is in it
    _path: Path | None = PrivateAttr(None)

    @property
    def path(self) -> Path | None:
        """The file that it was read from."""
        return self._path

    @model_validator(mode="before")
    @classmethod
    def _read_models(cls, content: Any) -> Any:
        if not isinstance(content, dict) or not isinstance(content.get("models"), Mapping):
            return content
        table = trainers(join_plugins(content))
        models = read_models(content["models"], table)
        if not isinstance(content.get("rounds"), Mapping):
            return {**content, "models": models}
        rounds = read_rounds(content["rounds"], models, table)
        return {**content, "models": models | unrolled(rounds, models, table), "rounds": rounds}

    @model_validator(mode="after")
    def _fits_together(self) -> "Profile":
        require_all(self._naming())
        # these follow names to what they name
        require_all(self._fitting())
        return self

    def _naming(self) -> Iterator[Callable[[], object]]:
        """The rules on what is named, which has to be there."""
        yield partial(require_names, self.models)
        yield partial(require_mixtures, self.mixtures, self.models)
        yield from (
            partial(require_known, place, model, self.models) for place, model in self._named_models()
        )
        built = {name for name in type(self).model_fields if getattr(self, name) is not None}
        yield from (partial(require_part, part, built) for part in NEEDED)
        if self.review:
            judged = bool(self.evaluation and self.evaluation.judge)
            yield partial(self.review.require, built, judged=judged)
        if self.evaluation:
            yield partial(self.evaluation.require_problems, there=self.problems is not None)
        yield self._require_samplers
        if self.gates and self.evaluation is None:
            yield partial(refuse, "[gates] bound figures of [evaluation]: add it, or leave [gates] out")

    def _fitting(self) -> Iterator[Callable[[], object]]:
        """The rules on what named sections are."""
        if self.rft:
            drawn = self.rft.candidates
            yield partial(require_rewards, "rft.candidates", drawn.rewards, drawn.combination, self.models)
        if self.oversight:
            sampled = self.rft.candidates.policies if self.rft else ()
            yield partial(require_debatable, self.oversight, sampled, lambda model: self.given(model).hosted)
        for name, rounds in self.rounds.items():
            if labels := rounds.labels:
                place = f"rounds.{name}.labels"
                yield partial(require_rewards, place, labels.rewards, labels.combination, self.models)
        parts = {name: getattr(self, name) for name in ("judges", "rlaif", "problems", "rft", "oversight")}
        made = {*self.mixtures, *(self.problems.gold if self.problems else ())}
        yield partial(require_rounds, self.rounds, parts, self.evaluation, self.measured_models, made)
        for model, section in self.models.items():
            if isinstance(section, TrainedModel):
                yield from self._training(model, section)
            elif isinstance(section, GivenModel):
                yield partial(require_price, model, section, self.budget)

    def _named_models(self) -> Iterator[tuple[str, str]]:
        """Where the profile names a model, and which."""
        if self.cai:
            yield "cai.policy", self.cai.policy
        if self.rlaif:
            if self.rlaif.policy:
                yield "rlaif.policy", self.rlaif.policy
            yield from (
                (f"rlaif.judge.judges.{index}", model) for index, model in enumerate(self.rlaif.judge.judges)
            )
        if self.rules:
            yield "rules.policy", self.rules.policy
        if self.judges:
            yield "judges.scores.judge", self.judges.scores.judge
            measured = self.judges.benchmark.judges if self.judges.benchmark else ()
            yield from ((f"judges.benchmark.judges.{index}", model) for index, model in enumerate(measured))
        if self.rft:
            policies = self.rft.candidates.policies
            yield from ((f"rft.candidates.policies.{index}", model) for index, model in enumerate(policies))
            yield from self.rft.candidates.scoring_models()
        if self.prm:
            yield "prm.completer", self.prm.completer
            if self.prm.judge:
                yield "prm.judge", self.prm.judge
        if self.oversight:
            yield from self.oversight.named_models()
        if self.evaluation:
            yield from self.evaluation.named_models()
        for name, rounds in self.rounds.items():
            yield from ((f"rounds.{name}.{field}", model) for field, model in rounds.named_models())
        for mixture, section in self.mixtures.items():
            if section.policy:
                yield f"mixtures.{mixture}.policy", section.policy

    def _require_samplers(self) -> None:
        """Raise ValueError where nobody samples what is labelled: neither a policy nor rounds."""
        rounds = self.rounds.values()
        if self.rlaif and not self.rlaif.policy and not any(section.is_judged for section in rounds):
            raise ValueError(
                "rlaif.policy is missing: name the model whose completions are compared, or add [rounds.NAME]"
            )
        if self.rft and not (self.rft.candidates.policies or any(section.is_verified for section in rounds)):
            raise ValueError(
                "rft.candidates.policies is missing: name the models that are sampled, or add [rounds.NAME] "
                "that learns verified_pairs or rft_selections"
            )
        if self.prm and self.rft and not self.rft.candidates.policies:
            raise ValueError("[prm] takes solutions of rft.candidates: name rft.candidates.policies")

    def _training(self, model: str, section: TrainedModel) -> Iterator[Callable[[], object]]:
        """The rules on a trained model."""
        yield partial(require_processes, model, section, self.trainers[section.trainer], self.launch)
        if model.split("/")[0] not in self.rounds:
            yield partial(require_replay, f"models.{model}", section.replayed, section.training)
        yield partial(require_shares, model, section, self.prm)
        yield partial(require_fitting_length, model, section, self.given(model))
        yield partial(require_rewarded, model, section, self.models, verified=self.problems is not None)

    @property
    def pins(self) -> Mapping[str, int]:
        """The versions of imported datasets that are named; of others the newest is taken."""
        return self.problems.pin if self.problems else {}

    @property
    def trainers(self) -> Mapping[str, Trainer]:
        """The trainers that sections may name."""
        return trainers(self.plugins.modules)

    @property
    def measured_models(self) -> tuple[str, ...]:
        """The baseline of the evaluation, then the models that are compared with it; none without one.

        Those of rounds are measured at their own places.
        """
        section = self.evaluation
        if section is None:
            return ()
        if section.models != EVERY:
            return (section.base, *section.models)
        policies = (
            name
            for name, model in self.models.items()
            if isinstance(model, TrainedModel)
            and name.split("/")[0] not in self.rounds
            and self.trainers[model.trainer].kind != "reward"
            and name != section.base
        )
        return (section.base, *policies)

    def given(self, model: str) -> GivenModel:
        """The given model that ``model`` goes back to: a trained model runs as its base does."""
        section = self.models[model]
        return section if isinstance(section, GivenModel) else self.given(section.base)

    def read_constitution(self) -> Constitution:
        """The constitution; relative paths start at the repository. Raises BadInput where it is unusable."""
        return load_constitution(REPOSITORY / self.constitution)


def load_profile(name: str | None = None) -> Profile:
    """The profile ``name``, else ``TRIMTAB_PROFILE``, else ``laptop``.

    Raises BadInput where there is no such profile, or it or its constitution is not valid.
    """
    path, content = read_chosen(name)
    if os.environ.get(EXPERIMENT):
        content = content | {"experiment": chosen_experiment(content)}
    profile = _validated(path, content)
    if profile.cai or profile.rlaif or profile.evaluation:
        # it is quick to read, and what is wrong with it is said before anything slow is imported
        profile.read_constitution()
    return profile


def _validated(path: Path, content: dict[str, Any]) -> Profile:
    if moved := successor(content):
        raise BadInput(f"profile {path} has the form of an earlier release: {moved}")
    try:
        profile = Profile.model_validate({"description": f"profile {path.stem}", **content})
    except ValidationError as error:
        sentences = every_fault(Profile, content)
        raise Faults([f"profile {path}: {sentence}" for sentence in sentences]) from error
    profile._path = path
    return profile
