"""The profile's `[problems]`: problems with known answers, how answers are verified, and gold solutions."""

from collections.abc import Mapping
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from assets.profile.models import Name, usable
from datasets_registry.documents import faults
from datasets_registry.settings import Seed, Settings
from datasets_registry.version import numbered_reference
from methods.problems.families import FamilySettings, ProblemSettings
from methods.problems.gold import GoldSettings
from methods.verifiers.contract import VerifierSettings


def _reference(text: str) -> str:
    with faults():
        usable(numbered_reference(text)[0])
    return text


class Problems(Settings):
    """``families`` of generated problems, or ``dataset``, an imported one.

    Each `[problems.gold.NAME]` is a dataset of gold solutions for a policy to start from.
    """

    dataset: Annotated[str, AfterValidator(_reference)] | None = Field(
        None,
        description="An imported dataset of problems, such as `gsm8k`, or `gsm8k@2` for that version alone; "
        "`problems` if neither it nor families are set",
    )
    families: tuple[FamilySettings, ...] = ()
    seed: Seed = 0
    verifier: VerifierSettings = VerifierSettings(kind="maths")
    gold: Mapping[Name, GoldSettings] = Field(default={})

    @property
    def imported(self) -> str | None:
        """The name of the imported dataset; None where none is named."""
        return self.dataset and numbered_reference(self.dataset)[0]

    @property
    def pin(self) -> Mapping[str, int]:
        """The number of the imported version, by its name; empty where the newest is taken."""
        name, number = numbered_reference(self.dataset) if self.dataset else ("", None)
        return {} if number is None else {name: number}

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
