"""The profile's `[judges]`: who scores texts, the certificate's bounds, and agreement with people."""

from assets.profile.models import Name
from datasets_registry.rows.words import Signal
from datasets_registry.settings import Settings
from methods.judging.score import ScoreSettings
from methods.rlaif.people import AgreementSelection
from quality.judges.bounds import CertificateBounds


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
    """Scores, certificates, and agreement with people."""

    scores: Scores
    certificate: CertificateBounds = CertificateBounds()
    human_agreement: HumanAgreement | None = None
