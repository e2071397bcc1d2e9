"""The profile's `[problems]`: problems with known answers, how answers are verified, and gold solutions."""

from collections.abc import Mapping
from typing import Self

from pydantic import Field, model_validator

from assets.profile.models import Name
from datasets_registry.settings import Seed, Settings
from methods.problems.families import FamilySettings, ProblemSettings
from methods.problems.gold import GoldSettings
from methods.verifiers.contract import VerifierSettings


class Problems(Settings):
    """``families`` of generated problems, or ``dataset``, an imported one.

    Each `[problems.gold.NAME]` is a dataset of gold solutions for a policy to start from.
    """

    dataset: Name | None = Field(
        None, description="An imported dataset of problems; `problems` if neither it nor families are set"
    )
    families: tuple[FamilySettings, ...] = ()
    seed: Seed = 0
    verifier: VerifierSettings = VerifierSettings(kind="maths")
    gold: Mapping[Name, GoldSettings] = Field(default={})

    @property
    def method(self) -> ProblemSettings | None:
        """The settings of the problem set; None where it is imported."""
        return ProblemSettings(families=self.families, seed=self.seed) if self.families else None

    @model_validator(mode="after")
    def _are_generated_or_imported(self) -> Self:
        if self.dataset and self.families:
            raise ValueError(
                f"dataset {self.dataset!r} and families both say which problems there are: give one of them"
            )
        return self
