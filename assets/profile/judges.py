"""The profile's `[judges]`: who scores texts, what the certificate bounds, and what it is measured on."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Self

from pydantic import Field, model_validator

from assets.profile.models import Name
from datasets_registry.rows.judge_benchmark import Suite
from datasets_registry.rows.words import Signal
from datasets_registry.settings import Distinct, Settings
from methods.judges.settings import QUESTION, AskedWay, ItemSelection
from methods.judging.score import ScoreSettings
from methods.rlaif.compared import AgreementSelection
from methods.rlaif.steering import SteeringSelection
from quality.judges.bounds import BY_SUITE, PEOPLE, STEERED, SUITES, CertificateBounds

# the figures that only a section of its own measures
_OF_SECTIONS: Mapping[str, Sequence[str]] = {
    "human_agreement": PEOPLE,
    "steering": STEERED,
    "benchmark": SUITES,
}


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


class JudgeBenchmark(ItemSelection):
    """Which models are measured on which suites, and how many of their items."""

    judges: Annotated[tuple[Name, ...], Distinct] = Field(min_length=1)
    files: Mapping[Suite, Annotated[str, Field(min_length=1)]] = Field(
        min_length=1, description="File or folder of each suite, relative to the repository or absolute"
    )
    ways: Annotated[tuple[AskedWay, ...], Distinct] = Field(
        (), description="Ways of asking that are compared with the usual one"
    )
    question: str = Field(QUESTION, min_length=1)

    @property
    def selection(self) -> ItemSelection:
        """How many items are taken."""
        return ItemSelection(items=self.items, seed=self.seed)


class Judges(Settings):
    """Scores, certificates, agreement with people, additions that speak for the judge, and suites."""

    scores: Scores
    certificate: CertificateBounds = CertificateBounds()
    human_agreement: HumanAgreement | None = None
    steering: SteeringSelection | None = None
    benchmark: JudgeBenchmark | None = None

    @model_validator(mode="after")
    def _measures_what_it_bounds(self) -> Self:
        for section, figures in _OF_SECTIONS.items():
            bounded = sorted(self.certificate.bounds.keys() & set(figures))
            if bounded and getattr(self, section) is None:
                raise ValueError(
                    f"certificate.bounds.{bounded[0]} bounds what is not measured: add [judges.{section}]"
                )
        if self.benchmark:
            self._has_files_of(self.benchmark)
        return self

    def _has_files_of(self, benchmark: JudgeBenchmark) -> None:
        for suite, figures in BY_SUITE.items():
            bounded = sorted(self.certificate.bounds.keys() & set(figures))
            if bounded and suite not in benchmark.files:
                raise ValueError(
                    f"certificate.bounds.{bounded[0]} bounds what is not measured: name a file of {suite} in "
                    "[judges.benchmark.files]"
                )
