"""Ways of asking a judge: by probabilities, in words or by a schema; in a turn begun for it or its own."""

from typing import Literal

from pydantic import Field, model_validator

from datasets_registry.rows.words import Way
from datasets_registry.settings import Settings
from generation.request import SamplingParams

GREEDY = 0.0
# calls of a judge that are under way at a time
WINDOW = 4_096
# a letter and what may stand behind it; a line or an object of a few words
_BEGUN_TOKENS, _OWN_TOKENS = 4, 32


class Asking(Settings):
    """How a judge gives its verdict, and when one is not taken.

    A turn that is begun for the judge goes on behind its first words, which only a backend that
    continues unfinished turns can serve: the local ones and vLLM's servers.
    """

    verdicts: Literal["probabilities", "text", "schema"] = Field(
        "probabilities",
        description="The probabilities of the choices, a text that is read strictly, or an object that "
        "keeps a JSON schema",
    )
    begun: bool = Field(
        True,
        description="Whether the judge's turn is begun for it; if not set, unless a judge's server is not "
        "known to continue turns",
    )
    samples: int = Field(
        1, ge=1, le=1000, description="Replies drawn of each call in words, counted in place of probabilities"
    )
    greedy: bool = Field(
        True,
        exclude_if=bool,
        description="Whether a single reply in words is the most probable one; if not set, unless a judge's "
        "API draws at temperature 1 alone",
    )
    thought_tokens: int = Field(
        0, ge=0, description="Tokens that a judge that thinks by itself may take before it speaks"
    )
    max_outside_probability: float = Field(
        0.5, gt=0, le=1, description="Most probability, or share of replies, outside the choices"
    )

    @model_validator(mode="after")
    def _counts_words_alone(self) -> "Asking":
        if self.samples > 1 and self.verdicts == "probabilities":
            raise ValueError(
                f"samples = {self.samples} counts replies, and verdicts = 'probabilities' draws none: take "
                "'text' or 'schema', or leave samples out"
            )
        return self

    @property
    def way(self) -> Way:
        """The way in one word or two; an object is never begun for the judge."""
        if self.verdicts == "schema" or not self.begun:
            return self.verdicts
        return "begun probabilities" if self.verdicts == "probabilities" else "begun text"

    @property
    def in_own_turn(self) -> bool:
        """Whether the judge begins its turn itself."""
        return not self.way.startswith("begun")

    def words(self, reasoning_tokens: int | None = None) -> SamplingParams:
        """How a reply in words is sampled: greedy, unless several are counted or it is said otherwise."""
        shortest = _OWN_TOKENS if self.in_own_turn else _BEGUN_TOKENS
        return SamplingParams(
            temperature=GREEDY if self.samples == 1 and self.greedy else 1.0,
            max_tokens=shortest + self.thought_tokens + (reasoning_tokens or 0),
        )
