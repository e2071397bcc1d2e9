"""The profile's `[oversight]`: what is debated."""

from typing import Annotated, Literal

from pydantic import Field

from datasets_registry.settings import Distinct, Settings
from methods.oversight.passages import PassageSettings
from methods.oversight.questions import QuestionSettings


class Questions(QuestionSettings):
    """What questions are made of, and how many of each kind."""

    of: Annotated[tuple[Literal["passages", "candidates"], ...], Distinct] = Field(
        ("passages",), min_length=1, description="Datasets that give questions"
    )

    @property
    def method(self) -> QuestionSettings:
        """The settings of the method."""
        return QuestionSettings(**self.model_dump(include=set(QuestionSettings.model_fields)))


class Oversight(Settings):
    """Questions with two opposed answers; ``passages`` are our own, and none where they are imported."""

    passages: PassageSettings | None = None
    questions: Questions = Questions()
