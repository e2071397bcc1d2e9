"""The profile's `[judges]`: who scores texts, what a certificate demands, and judges beside people."""

from assets.profile.models import Name
from datasets_registry.rows.words import Signal
from datasets_registry.settings import Settings
from methods.judging.score import ScoreSettings
from methods.rlaif.people import AgreementSelection
from quality.judges.certificate import CertificateBounds


class Scores(ScoreSettings):
    """The model that scores completions and revisions from 1 to 10."""

    judge: Name

    @property
    def method(self) -> ScoreSettings:
        """How it is asked."""
        return ScoreSettings(**self.model_dump(include=set(ScoreSettings.model_fields)))


class HumanAgreement(AgreementSelection):
    """Which imported comparisons the first judge repeats, how many, and what people were asked about."""

    dataset: Name = "human_preferences"
    signal: Signal = "harmlessness"

    @property
    def selection(self) -> AgreementSelection:
        """How many are judged."""
        return AgreementSelection(num_pairs=self.num_pairs, seed=self.seed)


class Judges(Settings):
    """What is known of judges."""

    scores: Scores
    certificate: CertificateBounds = CertificateBounds()
    human_agreement: HumanAgreement | None = None
