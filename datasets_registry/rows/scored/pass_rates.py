"""Row types of pass rates: how often a policy solves each problem, and the problems of a band."""

from typing import ClassVar, Literal

from pydantic import Field

from datasets_registry.rows.imported import Problem
from datasets_registry.rows.row import Row

Place = Literal["kept", "too_hard", "too_easy", "too_few", "unknown"]


class PromptPassRate(Row):
    """How often a policy solves a problem."""

    dataset: ClassVar[str] = "prompt_pass_rates"
    grain: ClassVar[str] = (
        "One row per problem and policy: samples, how many passed, the rate, and its place in the band."
    )
    key: ClassVar[tuple[str, ...]] = ("problem_id", "policy")

    problem_id: str = Field(description="The problem answered")
    policy: str = Field(description="Asset name of the model that answered")
    round: int | None = Field(description="The round that sampled; null outside of rounds")
    prompt: str = Field(description="The problem's text")
    split_group: str = Field(description="Group of the problem")
    num_samples: int = Field(description="Samples with a verdict, none of them with a hint")
    num_failed: int = Field(description="Samples without a verdict")
    num_passed: int = Field(description="Samples that the verifier accepted")
    pass_rate: float | None = Field(
        description="Estimate without bias, whatever ended the sampling; null where there is none"
    )
    low: float | None = Field(
        description="Lower end of the rate's 95 % interval (Wilson); null where the samples themselves"
        " decided when to stop, as no such interval holds then"
    )
    high: float | None = Field(description="Upper end of the interval; null as its lower end")
    place: Place = Field(
        description="`kept` within the band, or why not: `too_hard`, `too_easy`, `too_few` samples, rate"
        " `unknown`"
    )


class BandedProblem(Problem):
    """A training problem that a policy solves sometimes."""

    dataset: ClassVar[str] = "banded_problems"
    grain: ClassVar[str] = "One row per training problem whose pass rate lies within the band."

    policy: str = Field(description="The policy whose rate it is")
    pass_rate: float = Field(description="Its pass rate on the problem")
