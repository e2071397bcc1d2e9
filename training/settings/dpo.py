"""Settings of direct preference optimisation."""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, JsonValue, SerializerFunctionWrapHandler, model_serializer, model_validator

from training.settings.learning import ReplayingSettings

# half a nat a token, since TRL averages log-ratios over tokens for this loss
IPO_BETA = 1.0

DpoLoss = Literal["sigmoid", "ipo", "robust", "sft"]


class DpoSettings(ReplayingSettings):
    """Direct preference optimisation (Rafailov et al. 2023).

    ``losses`` are summed by their weights: `sigmoid`, `ipo` (Azar et al. 2023, averaged over tokens),
    `robust` to labels flipped at ``flip_rate`` (Chowdhury et al. 2024), and `sft`, the mean loss of the
    chosen tokens, which keeps their probability up. With soft targets `sigmoid` is the cross-entropy with
    P(chosen is better). `ipo` wants a lead of 1 / (2 ``beta``) a token, the others weigh sums over tokens.

    Rows of the replay dataset add the mean loss of their learned tokens by ``replay_weight``, until they are
    ``replay_share`` of all tokens: they keep what no pair is about.
    """

    sequences: ClassVar[int] = 2
    takes_reference: ClassVar[bool] = True

    beta: float = Field(0.1, gt=0, description="Strength of the reference; 1.0 for `ipo` unless set")
    losses: Mapping[DpoLoss, Annotated[float, Field(gt=0)]] = Field(
        default={"sigmoid": 1.0}, description="Weight of each loss"
    )
    flip_rate: float = Field(0.0, ge=0, lt=0.5, description="Share of labels that are wrong, for `robust`")
    replay_weight: float = Field(0.2, gt=0, description="Weight of the loss of replayed rows")
    target: Literal["hard", "soft"] = Field("hard", description="The label, or the judge's confidence in it")

    @property
    def has_reference(self) -> bool:
        """The base or the model that was named; soft targets read it before the run."""
        return self.target == "hard"

    @property
    def share_brought_along(self) -> float:
        """The share of replayed tokens, which pairs bring with them."""
        return self.replay_share

    @model_serializer(mode="wrap")
    def _replay_only_where_there_is_some(
        self, handler: SerializerFunctionWrapHandler
    ) -> dict[str, JsonValue]:
        # what decides nothing is in no recipe, so that models of before replay stay what they are
        fields: dict[str, JsonValue] = handler(self)
        if self.replay_share:
            return fields
        return {
            name: value for name, value in fields.items() if name not in ("replay_share", "replay_weight")
        }

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
        if "replay_weight" in self.model_fields_set and not self.replay_share:
            raise ValueError("replay_weight is set and replay_share is 0: give both, or neither")
        if self.target == "soft" and not {*self.losses} <= {"sigmoid", "sft"}:
            others = sorted({*self.losses} - {"sigmoid", "sft"})
            raise ValueError(f"target = 'soft' works with sigmoid and sft, not with {others}: drop them")
        return self
