"""The profile's `[models.NAME]`: a model that some trainer makes of a base and a dataset, by name."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from datasets_registry.settings import Settings
from training.settings.dpo import DpoSettings
from training.settings.grpo import GrpoSettings
from training.settings.kto import KtoSettings
from training.settings.online import OnlineSettings
from training.settings.orpo import OrpoSettings
from training.settings.ppo import PpoSettings
from training.settings.process_reward_model import ProcessRewardSettings
from training.settings.reward_model import RewardSettings
from training.settings.rloo import RlooSettings
from training.settings.sft import SftSettings

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]


class _Trained(Settings):
    """``base`` is a model of the graph or of another section, ``dataset`` one of the graph or imported."""

    base: Name
    dataset: Name

    @property
    def replay(self) -> str | None:
        """The dataset of replayed rows."""
        return None

    @property
    def scorers(self) -> tuple[str, ...]:
        """The models that score draws."""
        return ()

    @property
    def verified(self) -> bool:
        """Whether draws are paid for by the verifier."""
        return False


class TrainedSft(_Trained):
    """Supervised fine-tuning, rows of ``replayed`` mixed in where it is given."""

    trainer: Literal["sft"]
    replayed: Name | None = None
    training: SftSettings = SftSettings()

    @property
    def replay(self) -> str | None:
        """The dataset of replayed rows."""
        return self.replayed


class TrainedDpo(_Trained):
    """Direct preference optimisation."""

    trainer: Literal["dpo"]
    training: DpoSettings = DpoSettings()


class TrainedOrpo(_Trained):
    """Odds-ratio preference optimisation, which needs no reference model."""

    trainer: Literal["orpo"]
    training: OrpoSettings = OrpoSettings()


class TrainedKto(_Trained):
    """Kahneman-Tversky optimisation, on pairs or on single verdicts such as those of ``candidates``."""

    trainer: Literal["kto"]
    training: KtoSettings = KtoSettings()


class TrainedReward(_Trained):
    """An outcome reward model."""

    trainer: Literal["reward_model"]
    training: RewardSettings = RewardSettings()


class TrainedProcessReward(_Trained):
    """A process reward model."""

    trainer: Literal["process_reward_model"]
    training: ProcessRewardSettings = ProcessRewardSettings()


class _Online(_Trained):
    """Learning from the policy's own draws for the prompts of ``dataset``; ``reward_models`` score them.

    The verifier is that of `[reasoning.verifier]`.
    """

    reward_models: tuple[Name, ...] = ()
    training: OnlineSettings

    @model_validator(mode="after")
    def _has_its_reward_models(self) -> "_Online":
        weight = self.training.rewards.reward_models
        if bool(self.reward_models) != (weight > 0):
            raise ValueError(
                f"training.rewards.reward_models weighs {weight:g} and reward_models names "
                f"{len(self.reward_models)}: give both a weight above 0 and a name, or neither"
            )
        return self

    @property
    def scorers(self) -> tuple[str, ...]:
        """The models that score draws."""
        return self.reward_models

    @property
    def verified(self) -> bool:
        """Whether draws are paid for by the verifier."""
        return self.training.rewards.verifier > 0


class TrainedGrpo(_Online):
    """Group relative policy optimisation."""

    trainer: Literal["grpo"]
    training: GrpoSettings = GrpoSettings()


class TrainedRloo(_Online):
    """REINFORCE with leave-one-out baselines."""

    trainer: Literal["rloo"]
    training: RlooSettings = RlooSettings()


class TrainedPpo(_Online):
    """Proximal policy optimisation."""

    trainer: Literal["ppo"]
    training: PpoSettings = PpoSettings()


TrainedModel = Annotated[
    TrainedSft
    | TrainedDpo
    | TrainedOrpo
    | TrainedKto
    | TrainedReward
    | TrainedProcessReward
    | TrainedGrpo
    | TrainedRloo
    | TrainedPpo,
    Field(discriminator="trainer"),
]
