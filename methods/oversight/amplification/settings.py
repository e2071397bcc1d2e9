"""How questions are amplified: which, by what decomposition, with how many votes, and within what budgets."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from datasets_registry.settings import Distinct, Seed, Settings
from generation.request import SamplingParams
from methods.verifiers.contract import VerifierSettings

# kinds of verifiers whose answers can be read without gold, and be asked about again
READABLE = ("maths", "exact", "choice")


class AmplificationSettings(Settings):
    """Which problems are amplified, how they are split and answered, and what that may take.

    ``number`` training problems of ``families`` and ``difficulties`` are chosen by content; None takes all.
    A question is split at most ``depth`` times in a row, into at most ``children`` parts; what is left is
    answered directly, by ``votes`` samples each. ``tokens`` bound what all answers of one problem may write.
    """

    families: Annotated[tuple[str, ...], Distinct] = ()
    difficulties: Annotated[tuple[int, ...], Distinct] = ()
    number: int | None = Field(None, ge=1)
    decomposer: Literal["rule", "model"] = Field(
        "rule", description="A rule for problems of our own families, or a model that is asked for the parts"
    )
    depth: int = Field(2, ge=1, le=16, description="How often in a row a question is split")
    children: int = Field(4, ge=1, le=64, description="Most parts of one question")
    tokens: int | None = Field(None, ge=1, description="Most tokens of all answers of one problem")
    votes: int = Field(3, ge=1, le=1_000, description="Samples of each question")
    checked: bool = Field(
        True,
        description="Whether a vote counts for nothing that shows by itself that it is wrong: an answer that "
        "is none of the numbers to choose from, a sum of other terms, or an equation that does not hold",
    )
    answers: SamplingParams = SamplingParams()
    decompositions: SamplingParams | None = Field(
        None, description="How a model is sampled for the parts; greedily if not set"
    )
    verifier: VerifierSettings = VerifierSettings(kind="maths")
    seed: Seed = 0

    @model_validator(mode="after")
    def _can_amplify(self) -> Self:
        if self.verifier.kind not in READABLE:
            raise ValueError(
                f"a verifier of kind {self.verifier.kind!r} reads no answer that others can be composed of: "
                f"use one of {', '.join(READABLE)}"
            )
        if self.votes > 1 and self.answers.temperature == 0:
            raise ValueError(
                f"votes is {self.votes} at temperature 0, where all samples are one: set votes to 1, or "
                "raise answers.temperature"
            )
        if self.decomposer == "rule" and self.decompositions is not None:
            raise ValueError("decompositions are those of a model, and a rule splits: leave them out")
        # the least tree: one part, and the question that composes
        self.require_tokens(1)
        return self

    @property
    def splitting(self) -> SamplingParams:
        """How a model is sampled for the parts of a question."""
        return self.decompositions or SamplingParams(temperature=0.0)

    def require_tokens(self, parts: int, question: str = "") -> None:
        """Raise ValueError where one decomposition into ``parts`` may take more than the budget."""
        split = self.splitting.max_tokens if self.decomposer == "model" else 0
        needed = (parts + 1) * self.votes * self.answers.max_tokens + split
        if self.tokens is not None and self.tokens < needed:
            what = f" of {question!r}" if question else ""
            raise ValueError(
                f"tokens is {self.tokens}, and one decomposition{what} may take {needed}: {parts} part(s) "
                f"and their composition, {self.votes} votes of at most {self.answers.max_tokens} tokens "
                "each: raise tokens, or lower votes or answers.max_tokens"
            )


class LabelSettings(Settings):
    """The least share of votes that each answer on the way to a label must have."""

    min_share: float = Field(0.75, ge=0, le=1)
