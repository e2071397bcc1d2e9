"""Settings of direct preference optimisation."""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from training.settings.learning import TrainingSettings

# half a nat a token, since TRL averages log-ratios over tokens for this loss
IPO_BETA = 1.0

DpoLoss = Literal["sigmoid", "ipo", "robust", "sft"]


class DpoSettings(TrainingSettings):
    """Direct preference optimisation (Rafailov et al. 2023).

    ``losses`` are summed by their weights: `sigmoid`, `ipo` (Azar et al. 2023, averaged over tokens),
    `robust` to labels flipped at ``flip_rate`` (Chowdhury et al. 2024), and `sft`, the mean loss of the
    chosen tokens, which keeps their probability up. With soft targets `sigmoid` is the cross-entropy with
    P(chosen is better). `ipo` wants a lead of 1 / (2 ``beta``) a token, the others weigh sums over tokens.
    """

    sequences: ClassVar[int] = 2

    beta: float = Field(0.1, gt=0, description="Strength of the reference; 1.0 for `ipo` unless set")
    losses: Mapping[DpoLoss, Annotated[float, Field(gt=0)]] = Field(
        default={"sigmoid": 1.0}, description="Weight of each loss"
    )
    flip_rate: float = Field(0.0, ge=0, lt=0.5, description="Share of labels that are wrong, for `robust`")
    target: Literal["hard", "soft"] = Field("hard", description="The label, or the judge's confidence in it")

    @property
    def has_reference(self) -> bool:
        """The base; soft targets read it before the run."""
        return self.target == "hard"

    @model_validator(mode="before")
    @classmethod
    def _ipo_has_its_own_beta(cls, content: object) -> object:
        if not isinstance(content, Mapping) or "beta" in content:
            return content
        losses = content.get("losses")
        compared = {*losses} - {"sft"} if isinstance(losses, Mapping) else set()
        if "ipo" in compared and len(compared) > 1:
            raise ValueError("losses ipo and sigmoid or robust are of different strengths: set beta for both")
        return {**content, "beta": IPO_BETA} if compared == {"ipo"} else content

    @model_validator(mode="after")
    def _losses_fit_together(self) -> Self:
        if not {*self.losses} - {"sft"}:
            raise ValueError(f"losses {list(self.losses)} compare nothing: add sigmoid, ipo or robust")
        if ("robust" in self.losses) != (self.flip_rate > 0):
            raise ValueError("flip_rate above 0 and the loss robust go together: give both or neither")
        if self.target == "soft" and not {*self.losses} <= {"sigmoid", "sft"}:
            others = sorted({*self.losses} - {"sigmoid", "sft"})
            raise ValueError(f"target = 'soft' works with sigmoid and sft, not with {others}: drop them")
        return self
