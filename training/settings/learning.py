"""What trainers are told of learning: frozen settings, part of the model's version."""

from collections.abc import Mapping
from typing import Annotated, Literal, NamedTuple

from pydantic import Field, field_validator, model_validator

from datasets_registry.rows.words import Signal
from datasets_registry.settings import Settings


class InputWeight(NamedTuple):
    """How much an input of the run counts, and the setting that says so; 0 means that it is not given."""

    setting: str
    value: float


class TrainingSettings(Settings):
    """Settings that every trainer shares.

    ``dtype`` is that of the forward passes and of the saved weights: `auto` is bfloat16 on a GPU and float32
    elsewhere. A run that would lose more than ``max_lost_share`` of its usable rows to ``max_length`` is
    refused before it begins.
    """

    learning_rate: float = Field(1e-4, gt=0)
    num_epochs: float = Field(1.0, gt=0)
    batch_size: int = Field(8, ge=1)
    gradient_accumulation: int = Field(1, ge=1)
    max_length: int = Field(1024, ge=8)
    max_lost_share: float = Field(
        0.2, ge=0, le=1, description="Share of rows that may be longer than max_length"
    )
    max_steps: int | None = Field(None, ge=1, description="Steps of the run, in place of num_epochs")
    lora_rank: int | None = Field(
        16, ge=1, description="Rank of the adapter; `none` (or null) trains all weights"
    )
    lora_alpha: int = Field(32, ge=1)
    dtype: Literal["auto", "float32", "bfloat16"] = "auto"
    warmup_share: float = Field(0.1, ge=0, lt=1)
    system_prompt: str | None = None
    seed: int = 0

    @property
    def rows_per_step(self) -> int:
        """Rows without which there is no step."""
        return self.batch_size

    @property
    def input_weights(self) -> Mapping[str, InputWeight]:
        """The inputs that the trainer takes besides base and dataset: replay, reward_models or verifier."""
        return {}

    @field_validator("lora_rank", mode="before")
    @classmethod
    def _none_in_words(cls, value: object) -> object:
        # TOML has no null
        return None if value == "none" else value


class SftSettings(TrainingSettings):
    """And what supervised fine-tuning needs besides.

    ``loss_on`` is the completion, or every turn of the assistant, which asks for a chat template that marks
    them (`{% generation %}`). Rows of the replay dataset are mixed in until they are ``replay_share`` of all
    tokens, so that what the base could do is not forgotten (Ouyang et al. 2022, section 3.5, mix in
    gradients of pretraining for the same reason).
    """

    loss_on: Literal["completion", "assistant"] = "completion"
    replay_share: float = Field(0.0, ge=0, le=0.9, description="Share of tokens that is replayed")

    @property
    def input_weights(self) -> Mapping[str, InputWeight]:
        """Replayed rows, by their share of all tokens."""
        return {"replay": InputWeight("replay_share", self.replay_share)}


DpoLoss = Literal["sigmoid", "ipo", "robust", "sft"]


class DpoSettings(TrainingSettings):
    """And what DPO needs besides (Rafailov et al. 2023).

    ``losses`` are summed by their weights: `sigmoid`, `ipo` (Azar et al. 2023, averaged over tokens),
    `robust` to labels flipped at ``flip_rate`` (Chowdhury et al. 2024), and `sft`, the mean loss of the
    chosen tokens, which keeps their probability up. With soft targets `sigmoid` is the cross-entropy with
    P(chosen is better).
    """

    beta: float = Field(0.1, gt=0)
    losses: Mapping[DpoLoss, Annotated[float, Field(gt=0)]] = Field(
        default={"sigmoid": 1.0}, description="Weight of each loss"
    )
    flip_rate: float = Field(0.0, ge=0, lt=0.5, description="Share of labels that are wrong, for `robust`")
    target: Literal["hard", "soft"] = Field(
        "hard", description="The label, or how sure the judge is of it (its probability)"
    )

    @model_validator(mode="after")
    def _losses_fit_together(self) -> "DpoSettings":
        if not {*self.losses} - {"sft"}:
            raise ValueError(f"losses {list(self.losses)} compare nothing: add sigmoid, ipo or robust")
        if ("robust" in self.losses) != (self.flip_rate > 0):
            raise ValueError("flip_rate above 0 and the loss robust go together: give both or neither")
        if self.target == "soft" and not {*self.losses} <= {"sigmoid", "sft"}:
            raise ValueError(
                f"target = 'soft' is for sigmoid, not for {sorted({*self.losses} - {'sigmoid'})}"
            )
        return self


class OrpoSettings(TrainingSettings):
    """And what ORPO needs besides (Hong et al. 2024).

    ``beta`` (their λ) weighs the odds ratio beside the loss of the chosen completions.
    """

    beta: float = Field(0.1, gt=0)


class KtoSettings(TrainingSettings):
    """And what KTO needs besides (Ethayarajh et al. 2024).

    ``beta`` holds the policy to its reference. Without a ``desirable_weight`` all desirable completions
    together count for 4/3 of the undesirable ones, which is as far as the authors go (equation 8): where they
    count for less, all that both share is unlearned.
    """

    beta: float = Field(0.1, gt=0)
    desirable_weight: float | None = Field(None, gt=0, description="Weight of a desirable completion")
    undesirable_weight: float = Field(1.0, gt=0, description="Weight of an undesirable completion")

    @model_validator(mode="after")
    def _batches_have_two(self) -> "KtoSettings":
        if self.batch_size == 1:
            raise ValueError(
                "batch_size 1 leaves KTO's estimate of the KL divergence no other completion to be made of: "
                "take at least 2, and 8 or more where memory allows"
            )
        return self


class MeasuredSettings(TrainingSettings):
    """And the share of problems that a model which scores is measured on."""

    held_out_share: float = Field(
        0.1, ge=0, lt=1, description="Share of split groups that is not trained on but measured"
    )


class RewardSettings(MeasuredSettings):
    """And what outcome reward models need besides.

    With a ``signal`` pairs are labelled by its probability alone, so that harmlessness and helpfulness get a
    model each (Touvron et al. 2023, section 3.2.2). With ``margins`` the chosen score must lead by the
    judge's log-odds, 3 at most (same section). ``centring`` weighs the square of both scores' sum, which
    keeps them about zero (Eisenstein et al. 2023, equation 2): 0.01 is usual.
    """

    signal: Signal | None = Field(None, description="Label pairs by this signal alone")
    margins: bool = Field(False, description="Ask for a margin by how sure the judge is")
    centring: float = Field(0.0, ge=0, description="Weight of the pull of scores towards zero")


class ProcessRewardSettings(MeasuredSettings):
    """And what process reward models need besides: which labels of the steps they learn."""

    target: Literal["hard", "soft"] = Field(
        "hard", description="The thresholded label, or the accepted share of the rollouts"
    )
    use_implied: bool = Field(False, description="Learn also labels that the measured ones imply")
