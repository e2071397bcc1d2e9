"""The profile's `[problems]`: problems with known answers, how answers are verified, and gold solutions."""

from collections.abc import Mapping

from pydantic import Field

from assets.profile.models import Name
from datasets_registry.settings import Seed, Settings
from methods.problems.families import FamilySettings, ProblemSettings
from methods.problems.gold import GoldSettings
from methods.verifiers.contract import VerifierSettings


class Problems(Settings):
    """``families`` of generated problems; none where `problems` is imported.

    Each `[problems.gold.NAME]` is a dataset of gold solutions for a policy to start from.
    """

    families: tuple[FamilySettings, ...] = ()
    seed: Seed = 0
    verifier: VerifierSettings = VerifierSettings(kind="maths")
    gold: Mapping[Name, GoldSettings] = Field(default={})

    @property
    def method(self) -> ProblemSettings | None:
        """The settings of the problem set; None where it is imported."""
        return ProblemSettings(families=self.families, seed=self.seed) if self.families else None
