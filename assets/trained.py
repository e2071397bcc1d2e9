"""The profile's `[models.NAME]`: a model that some trainer makes of a base and a dataset, by name."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from training.settings import (
    DpoSettings,
    KtoSettings,
    OrpoSettings,
    ProcessRewardSettings,
    RewardSettings,
    SftSettings,
)

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]


class _Trained(BaseModel):
    """``base`` is a model of the graph or of another section, ``dataset`` one of the graph or imported."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    base: Name
    dataset: Name

    @property
    def replay(self) -> str | None:
        """The dataset of replayed rows."""
        return None

    @property
    def reward_models(self) -> tuple[str, ...]:
        """The models that score draws."""
        return ()


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


TrainedModel = Annotated[
    TrainedSft | TrainedDpo | TrainedOrpo | TrainedKto | TrainedReward | TrainedProcessReward,
    Field(discriminator="trainer"),
]
