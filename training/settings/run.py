"""What a training run is told: one JSON file that names exact versions and all settings."""

import argparse
from pathlib import Path
from typing import ClassVar, TypeVar

from pydantic import Field, ValidationError, model_validator

from datasets_registry.errors import BadInput
from datasets_registry.settings import Settings
from methods.verifiers.contract import VerifierSettings
from training.settings.launch import Launch
from training.settings.learning import (
    DpoSettings,
    KtoSettings,
    OrpoSettings,
    ProcessRewardSettings,
    RewardSettings,
    SftSettings,
)
from training.settings.online import GrpoSettings, OnlineSettings, RlooSettings
from training.settings.ppo import PpoSettings

C = TypeVar("C", bound="RunConfig")


class RunConfig(Settings):
    """One run: ``base``, ``dataset`` and other roles are registry versions such as ``cai_sft@3``.

    What stands beside ``settings`` says where and how the run is kept and told, and changes no weight.
    """

    trainer: ClassVar[str]

    name: str
    base: str
    dataset: str
    output: Path
    replay: str | None = None
    reward_models: tuple[str, ...] = ()
    system_text: str | None = None
    checkpoint_minutes: float = Field(5.0, ge=0, description="Time between checkpoints; 0 is every step")
    report_to: tuple[str, ...] = Field((), description="Trackers, such as trackio, wandb or mlflow")
    launch: Launch = Launch()

    @property
    def datasets(self) -> dict[str, str]:
        """The datasets by their role."""
        return {"train": self.dataset} | ({"replay": self.replay} if self.replay else {})


class SftRun(RunConfig):
    """A supervised fine-tuning run."""

    trainer: ClassVar[str] = "sft"
    settings: SftSettings


class DpoRun(RunConfig):
    """A direct preference optimisation run."""

    trainer: ClassVar[str] = "dpo"
    settings: DpoSettings


class OrpoRun(RunConfig):
    """An odds-ratio preference optimisation run."""

    trainer: ClassVar[str] = "orpo"
    settings: OrpoSettings


class KtoRun(RunConfig):
    """A Kahneman-Tversky optimisation run."""

    trainer: ClassVar[str] = "kto"
    settings: KtoSettings


class RewardRun(RunConfig):
    """An outcome reward model's run."""

    trainer: ClassVar[str] = "reward_model"
    settings: RewardSettings


class ProcessRewardRun(RunConfig):
    """A process reward model's run."""

    trainer: ClassVar[str] = "process_reward_model"
    settings: ProcessRewardSettings


class OnlineRun(RunConfig):
    """A run that learns from its own draws; what weighs in its reward is given, and nothing else."""

    settings: OnlineSettings
    verifier: VerifierSettings | None = None

    @model_validator(mode="after")
    def _has_what_rewards(self) -> "OnlineRun":
        for name, given in (("verifier", self.verifier), ("reward_models", self.reward_models)):
            weight = getattr(self.settings.rewards, name)
            if bool(given) != (weight > 0):
                there = "one" if given else "none"
                raise ValueError(
                    f"settings.rewards.{name} weighs {weight:g} and the run has {there}: give both {name} "
                    "and a weight above 0, or neither"
                )
        return self


class GrpoRun(OnlineRun):
    """A group relative policy optimisation run."""

    trainer: ClassVar[str] = "grpo"
    settings: GrpoSettings


class RlooRun(OnlineRun):
    """A run by REINFORCE with leave-one-out baselines."""

    trainer: ClassVar[str] = "rloo"
    settings: RlooSettings


class PpoRun(OnlineRun):
    """A proximal policy optimisation run."""

    trainer: ClassVar[str] = "ppo"
    settings: PpoSettings

    @model_validator(mode="after")
    def _is_one_process(self) -> "PpoRun":
        if self.launch.several:
            raise ValueError(
                f"ppo trains in one process, and launch has {self.launch.processes}: take grpo or rloo, or "
                "a profile without [launch]"
            )
        return self


def config_path(description: str | None) -> Path:
    """The path given as ``--config``."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument(
        "--config", type=Path, required=True, help="a JSON file: see training/settings/run.py"
    )
    path: Path = parser.parse_args().config
    return path


def read_config(kind: type[C], path: Path) -> C:
    """The run config at ``path``; raises BadInput naming the field that is wrong."""
    try:
        return kind.model_validate_json(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadInput(f"run config {path} cannot be read: {error.strerror}") from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise BadInput(f"run config {path}: {place}: {first['msg']}") from error
