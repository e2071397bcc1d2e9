"""The profile's `[rlaif]`: whose completions are compared, by which judges, and how labels follow."""

from typing import Annotated

from pydantic import Field, model_validator

from assets.profile.models import Name
from datasets_registry.settings import Distinct, Settings
from methods.rlaif.judgements import JudgingSettings
from methods.rlaif.labels import LabelSettings
from methods.rlaif.pairs import PairSelection


class Judging(JudgingSettings):
    """The models that judge, and how they compare."""

    judges: Annotated[tuple[Name, ...], Distinct] = Field(min_length=1)

    @property
    def method(self) -> JudgingSettings:
        """The settings of the method."""
        return JudgingSettings(**self.model_dump(include=set(JudgingSettings.model_fields)))


class Rlaif(Settings):
    """Completion pairs of ``policy``, judged and labelled; without one, those of rounds alone."""

    policy: Name | None = None
    pairs: PairSelection = PairSelection()
    judge: Judging
    labels: LabelSettings = LabelSettings()

    @model_validator(mode="after")
    def _weighs_what_is_judged(self) -> "Rlaif":
        for kind, weights in self.labels.weights.items():
            unjudged = sorted(set(weights) - set(self.judge.signals.get(kind, ())))
            if unjudged:
                raise ValueError(
                    f"labels.weights.{kind} weighs {unjudged[0]}, which is not judged: add it to "
                    "[rlaif.judge.signals]"
                )
        return self
