"""How questions are debated and judged, under which protocols."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from datasets_registry.rows.oversight.debates import Protocol
from datasets_registry.settings import Distinct, Seed, Settings
from generation.request import SamplingParams
from methods.judging.asking import Asking
from methods.judging.comparison import ComparisonSettings
from methods.reading.steps import Splitter
from methods.verifiers.contract import VerifierSettings

EVERY: tuple[Protocol, ...] = (
    "naive",
    "consultancy",
    "open_consultancy",
    "direct",
    "self_consistency",
    "debate",
)


class DebateSettings(Settings):
    """Protocols side by side on the same questions, each in both seatings.

    Debaters argue for ``rounds`` of at most ``words``, at once or in turns; ``best_of`` arguments are drawn
    of each turn. ``own_answers`` samples what the judge says by itself, at most ``max_samples`` times for a
    question, until that took as many tokens as the debate.
    """

    protocols: Annotated[tuple[Protocol, ...], Distinct] = Field(EVERY, min_length=1)
    rounds: int = Field(2, ge=1, le=10)
    order: Literal["simultaneous", "in_turns"] = "simultaneous"
    words: int = Field(100, ge=1, description="Most words of an argument")
    best_of: int = Field(1, ge=1, le=100)
    arguments: SamplingParams = SamplingParams()
    judging: Asking = Asking()
    own_answers: SamplingParams = SamplingParams()
    max_samples: int = Field(64, ge=1)
    splitter: Splitter = "lines"
    verifier: VerifierSettings = VerifierSettings(kind="maths")
    debater_judges: bool = Field(False, description="Whether the debater may be its own judge")
    seed: Seed = 0

    @model_validator(mode="after")
    def _matches_something(self) -> Self:
        if "self_consistency" in self.protocols and "debate" not in self.protocols:
            raise ValueError(
                "self_consistency takes as many tokens as the debate of the same question: add 'debate' to "
                "protocols, or leave self_consistency out"
            )
        return self

    @property
    def comparison(self) -> ComparisonSettings:
        """How the judge gives a verdict on two answers."""
        return ComparisonSettings(**self.judging.model_dump())
