"""The profile: one TOML file that says what is built, chosen by ``TRIMTAB_PROFILE``."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, PrivateAttr, model_validator

from assets.profile.cai import Cai
from assets.profile.chosen import join_plugins, read_chosen
from assets.profile.evaluation import EVERY, Evaluation
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
from assets.profile.rebuild import Rebuild
from assets.profile.related.models import require_names
from assets.profile.related.replay import require_replay
from assets.profile.review.review import Review
from assets.profile.rft import Rft
from assets.profile.rlaif import Rlaif
from assets.profile.rounds.needs import require_rounds
from assets.profile.rounds.rounds import Rounds
from assets.profile.rounds.unrolled import read_rounds, unrolled
from datasets_registry.documents import faults, meant, validated
from datasets_registry.errors import BadInput
from datasets_registry.rows.prm import biases_shares
from datasets_registry.settings import Distinct, Settings
from datasets_registry.state import REPOSITORY
from generation.models.limits import require_window
from generation.models.sources import local_folder
from generation.spending import Budget
from methods.judging.constitution import Constitution, load_constitution
from quality.evaluation.gate import Gate
from training.settings.online import OnlineSettings
from training.settings.process_reward_model import ProcessRewardSettings
from training.trainers import Trainer, trainers


class Profile(Settings):
    """Everything that decides what is built; a method whose section is left out is not built."""

    description: str
    min_free_gb: float = Field(
        1, ge=0, description="Disk for rows, completions and logs; models are counted by their shapes"
    )
    requires_gpu: bool = Field(False, description="Whether a build is refused where torch can use no GPU")
    card_gb: float | None = Field(None, gt=0, description="Memory that each GPU must have, in 1e9 bytes")
    plugins: Annotated[tuple[str, ...], Distinct] = Field(
        (), description="Modules whose trainers, row types, checks and assets join ours"
    )
    constitution: str = "methods/judging/constitution.toml"
    models: Mapping[str, Section]
    prompts: Prompts = Prompts()
    answers: Answers = Answers()
    cai: Cai | None = None
    rlaif: Rlaif | None = None
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
        require_names(self.models)
        require_mixtures(self.mixtures, self.models)
        for place, model in self._named_models():
            if model not in self.models:
                near = meant(model, self.models)
                raise ValueError(
                    f"{place}: unknown model {model!r}{near}: add [models.{model}], or use one of "
                    f"{sorted(self.models)}"
                )
        for part, needed in (
            ("rlaif", "judges"),
            ("cai", "judges"),
            ("rft", "problems"),
            ("prm", "rft"),
        ):
            if getattr(self, part) is not None and getattr(self, needed) is None:
                raise ValueError(f"[{part}] needs [{needed}]: add it, or leave [{part}] out")
        if self.review:
            built = {
                part for part in ("rlaif", "cai", "prm", "evaluation") if getattr(self, part) is not None
            }
            self.review.require(built, judged=bool(self.evaluation and self.evaluation.judge))
        if self.rft:
            drawn = self.rft.candidates
            require_rewards("rft.candidates", drawn.rewards, drawn.combination, self.models)
        if self.evaluation and self.evaluation.problems != "none" and self.problems is None:
            raise ValueError("evaluation.problems asks held-out problems, and there are none: add [problems]")
        if self.oversight:
            sampled = self.rft.candidates.policies if self.rft else ()
            require_debatable(self.oversight, sampled, lambda model: self.given(model).hosted)
        self._require_samplers()
        parts = {name: getattr(self, name) for name in ("judges", "rlaif", "problems", "rft")}
        for name, rounds in self.rounds.items():
            if labels := rounds.labels:
                require_rewards(f"rounds.{name}.labels", labels.rewards, labels.combination, self.models)
        made = {*self.mixtures, *(self.problems.gold if self.problems else ())}
        require_rounds(self.rounds, parts, self.evaluation, self.measured_models, made)
        if self.gates and self.evaluation is None:
            raise ValueError("[gates] bound figures of [evaluation]: add it, or leave [gates] out")
        for model, section in self.models.items():
            if isinstance(section, TrainedModel):
                self._require_trainable(model, section)
            elif isinstance(section, GivenModel):
                self._require_price(model, section)
        return self

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

    def _require_price(self, model: str, section: GivenModel) -> None:
        """Raise ValueError where a budget in dollars would count nothing of a hosted model."""
        if self.budget.max_usd is not None and section.hosted and "price" not in section.model_fields_set:
            raise ValueError(
                f"models.{model}.price is missing, without which budget.max_usd counts none of its calls: "
                "add what its provider asks, or price = {} where they cost nothing"
            )

    def _require_trainable(self, model: str, section: TrainedModel) -> None:
        """Raise ValueError where a trainer's section lacks what it needs."""
        trainer = self.trainers[section.trainer]
        if self.launch.several and not trainer.several_processes:
            raise ValueError(
                f"models.{model}: {section.trainer} trains in one process, and launch.processes is "
                f"{self.launch.processes}: use grpo or rloo, or a profile without [launch]"
            )
        try:
            section.training.rows_at_once(self.launch.processes)
        except ValueError as error:
            raise ValueError(f"models.{model}.training: {error}") from error
        if model.split("/")[0] not in self.rounds:
            require_replay(f"models.{model}", section.replayed, section.training)
        self._require_shares(model, section)
        given = self.given(model)
        if not given.hosted and (folder := local_folder(given.model)) is not None:
            with faults():
                require_window(folder, section.training.max_length, f"models.{model}.training")
        if not isinstance(section.training, OnlineSettings):
            return
        rewards = section.training.rewards
        if bool(section.reward_models) != (rewards.reward_models > 0):
            raise ValueError(
                f"models.{model}: training.rewards.reward_models weighs {rewards.reward_models:g} and "
                f"reward_models names {len(section.reward_models)}: give both a weight above 0 and a name, "
                "or neither"
            )
        require_rewards(f"models.{model}", section.rewards, rewards.combination, self.models)
        if rewards.verifier > 0 and self.problems is None:
            raise ValueError(
                f"models.{model}: training.rewards.verifier has a weight and the profile no verifier: add "
                "[problems.verifier], or set the weight to 0"
            )

    def _require_shares(self, model: str, section: TrainedModel) -> None:
        """Raise ValueError where soft targets are learned of step labels whose shares are biased."""
        soft = isinstance(section.training, ProcessRewardSettings) and section.training.target == "soft"
        if soft and self.prm and section.dataset == "step_labels" and biases_shares(self.prm.labels.rule):
            raise ValueError(
                f"models.{model}.training.target: 'soft' learns shares of rollouts, which prm.labels biases "
                f"({self.prm.labels.rule!r}): set early_stop 'none' and confirm 0 there, or take 'hard'"
            )

    @property
    def trainers(self) -> Mapping[str, Trainer]:
        """The trainers that sections may name."""
        return trainers(self.plugins)

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
    profile = _validated(path, content)
    if profile.cai or profile.rlaif or profile.evaluation:
        # it is quick to read, and what is wrong with it is said before anything slow is imported
        profile.read_constitution()
    return profile


def _validated(path: Path, content: dict[str, Any]) -> Profile:
    if moved := successor(content):
        raise BadInput(f"profile {path} has the form of an earlier release: {moved}")
    profile = validated(Profile, content, f"profile {path}")
    profile._path = path
    return profile
