"""The profile's `[judges]`: who scores texts, what the certificate bounds, and what it is measured on."""

from collections.abc import Mapping, Sequence
from typing import Self

from pydantic import model_validator

from assets.profile.models import Name
from datasets_registry.rows.words import Signal
from datasets_registry.settings import Settings
from methods.judging.score import ScoreSettings
from methods.rlaif.people import AgreementSelection
from methods.rlaif.steering import SteeringSelection
from quality.judges.bounds import PEOPLE, STEERED, CertificateBounds

# the figures that only a section of its own measures
_OF_SECTIONS: Mapping[str, Sequence[str]] = {"human_agreement": PEOPLE, "steering": STEERED}


class Scores(ScoreSettings):
    """The model that scores completions and revisions from 1 to 10."""

    judge: Name

    @property
    def method(self) -> ScoreSettings:
        """The settings of the method."""
        return ScoreSettings(**self.model_dump(include=set(ScoreSettings.model_fields)))


class HumanAgreement(AgreementSelection):
    """Which imported comparisons the first judge repeats, how many, and which signal they compare."""

    dataset: Name = "human_preferences"
    signal: Signal = "harmlessness"

    @property
    def selection(self) -> AgreementSelection:
        """Which comparisons are judged, and how many."""
        return AgreementSelection(num_pairs=self.num_pairs, seed=self.seed)


class Judges(Settings):
    """Scores, certificates, agreement with people, and additions that speak for the judge."""

    scores: Scores
    certificate: CertificateBounds = CertificateBounds()
    human_agreement: HumanAgreement | None = None
    steering: SteeringSelection | None = None

    @model_validator(mode="after")
    def _measures_what_it_bounds(self) -> Self:
        for section, figures in _OF_SECTIONS.items():
            bounded = sorted(self.certificate.bounds.keys() & set(figures))
            if bounded and getattr(self, section) is None:
                raise ValueError(
                    f"certificate.bounds.{bounded[0]} bounds what is not measured: add [judges.{section}]"
                )
        return self
