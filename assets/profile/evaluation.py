"""The profile's `[evaluation]`: which models are measured, on which suites, beside which baseline."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from assets.profile.models import Name
from datasets_registry.documents import meant
from datasets_registry.settings import Distinct, Seed, Settings
from generation.request import SamplingParams
from methods.evaluation.suites.names import (
    JUDGED,
    NAMES,
    OVER_OPTIMISATION,
    USUAL,
    SuiteName,
    lacking_rewards,
)
from quality.evaluation.axes import CompositeSettings

EVERY: Literal["released"] = "released"
# what stands in the place of a model where answers give nothing
CANARIES = "canaries"


class EvaluationAnswers(SamplingParams):
    """How evaluated models are asked; suites that compare answers with gold take the likeliest tokens."""

    temperature: float = Field(0.7, ge=0, le=100)
    max_tokens: int = Field(512, ge=1, description="Of each turn; a truncated turn is missing")
    system_prompt: str | None = None
    samples: int = Field(
        4, ge=2, description="Drawn answers to an item, in the suites that compare draws with each other"
    )
    seed: Seed = 0

    @property
    def sampling(self) -> SamplingParams:
        """The sampling parameters alone."""
        return SamplingParams(**self.model_dump(include=set(SamplingParams.model_fields)))


class Evaluation(Settings):
    """``models`` and ``base`` are measured on ``suites``; ``judge`` grades what no program can."""

    models: Annotated[tuple[Name, ...], Field(min_length=1), Distinct] | Literal["released"] = Field(
        EVERY, description="Models by name, or `released` for every trained policy of the profile"
    )
    base: Name = Field(description="The baseline, which the others are compared with")
    judge: Name | None = Field(None, description="The model that grades; suites of programs need none")
    suites: Annotated[tuple[SuiteName, ...], Field(min_length=1), Distinct] = Field(
        USUAL,
        description="The suites; if not set all but over_optimisation, which needs rewards",
    )
    items: Mapping[SuiteName, Annotated[int, Field(ge=1)]] = Field(
        {}, description="At most so many items of a suite, evenly of its categories"
    )
    canary_items: int = Field(
        50, ge=1, description="At most so many items of a judged suite go with each canary to the judge"
    )
    problems: Literal["none", "also", "only"] = Field(
        "none",
        description="Whether held-out problems of [problems] are items of capability: beside ours, or alone",
    )
    files: Mapping[str, Annotated[str, Field(min_length=1)]] = Field(
        {}, description="Files of public sets, by the set's name"
    )
    rewards: Annotated[tuple[Name, ...], Distinct] = Field(
        (), description="over_optimisation: the reward model in training, then held-out ones"
    )
    red_team: str | None = Field(
        None,
        description="The principle by which answers to harmful requests are compared with the baseline's; if "
        "not set they are not, and harmlessness has no win rate",
    )
    helpful: str | None = Field(
        None,
        description="The principle by which other answers are compared with the baseline's; if not set they "
        "are not, and helpfulness has no win rate",
    )
    answers: EvaluationAnswers = EvaluationAnswers()
    composite: CompositeSettings = CompositeSettings()
    seed: Seed = 0

    def named_models(self) -> Iterator[tuple[str, str]]:
        """Where the section names a model, and which."""
        if self.models != EVERY:
            yield from ((f"evaluation.models.{place}", name) for place, name in enumerate(self.models))
        yield "evaluation.base", self.base
        if self.judge:
            yield "evaluation.judge", self.judge
        yield from ((f"evaluation.rewards.{place}", name) for place, name in enumerate(self.rewards))

    def require_problems(self, *, there: bool) -> None:
        """Raise ValueError where held-out problems are items, and the profile has none."""
        if self.problems != "none" and not there:
            raise ValueError("evaluation.problems asks held-out problems, and there are none: add [problems]")

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.base in self.models and self.models != EVERY:
            raise ValueError(
                f"base: {self.base!r} is among models too, and a model does not differ from itself: "
                "leave it out of models, as it is measured anyway"
            )
        if CANARIES in (self.base, *self.models):
            raise ValueError(f"models: {CANARIES!r} is the name of answers that give nothing: rename it")
        if unasked := next((name for name in self.items if name not in self.suites), None):
            raise ValueError(f"items: {unasked!r} is not among suites: add it there, or leave it out")
        if OVER_OPTIMISATION in self.suites:
            why_not = lacking_rewards(len(self.rewards), self.judge is not None)
            if why_not:
                raise ValueError(f"{why_not}, or leave the suite out")
        for name, axis in self.composite.axes.items():
            if axis.suite not in NAMES:
                raise ValueError(
                    f"composite.axes.{name}.suite: no suite {axis.suite!r}{meant(axis.suite, NAMES)}: "
                    f"name one of {', '.join(NAMES)}"
                )
        judged = next((name for name in self.suites if name in JUDGED), None)
        if judged and self.judge is None:
            raise ValueError(
                f"judge is missing, which the suite {judged!r} needs: name a model, or leave the suite out"
            )
        return self
