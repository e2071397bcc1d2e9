"""Row types of rejection sampling: gold solutions and verdicts, candidates, selections, pairs."""

from typing import ClassVar, Literal

from pydantic import Field

from datasets_registry.rows.row import Row, ledger_key
from datasets_registry.rows.words import FinishReason

Stop = Literal["accepted", "distinct", "mixed", "hopeless", "exhausted", "all_drawn"]


class GoldSolution(Row):
    """A training problem whose written solution is learned."""

    dataset: ClassVar[str] = "gold_solutions"
    grain: ClassVar[str] = "One row per training problem whose written solution a policy starts from."
    key: ClassVar[tuple[str, ...]] = ("problem_id",)

    problem_id: str = Field(description="The problem")
    prompt: str = Field(description="The problem as it is put")
    completion: str = Field(description="The written solution")
    family: str | None = Field(description="Kind of problem")
    difficulty: int | None = Field(description="How hard, such as how many numbers")
    split_group: str = Field(description="Group of the problem")


class GoldVerdict(Row):
    """The verifier's verdict of a problem's own gold answer."""

    dataset: ClassVar[str] = "gold_verdicts"
    grain: ClassVar[str] = "One row per problem: whether the verifier accepts its own gold answer."
    key: ClassVar[tuple[str, ...]] = ("problem_id",)
    label_columns: ClassVar[tuple[str, ...]] = ("accepted",)

    problem_id: str = Field(description="The problem")
    answer: str = Field(description="Gold answer")
    completion: str | None = Field(description="What was shown as a right solution; null where there is none")
    accepted: bool = Field(description="The verifier's verdict")
    extracted: str | None = Field(description="Final answer that the verifier found")
    reason: str | None = Field(description="Why it is not accepted; null where it is")


class Candidate(Row):
    """One draw of a policy for a problem, with the verifier's verdict."""

    dataset: ClassVar[str] = "candidates"
    grain: ClassVar[str] = (
        "One row per draw: the completion, verdict and reason, reward, why drawing stopped."
    )
    key: ClassVar[tuple[str, ...]] = ("problem_id", "policy", "hinted", "sample")
    label_columns: ClassVar[tuple[str, ...]] = ("accepted",)

    problem_id: str = Field(description="The problem answered")
    policy: str = Field(description="Asset name of the model that was asked")
    hinted: bool = Field(description="Whether the gold answer was shown as a hint (rationalisation)")
    sample: int = Field(description="Which draw, from 0")
    prompt: str = Field(description="The problem as it is put, without any hint")
    answer: str = Field(description="Gold answer")
    family: str | None = Field(description="Kind of problem")
    difficulty: int | None = Field(description="How hard, such as how many numbers")
    split_group: str = Field(description="Group of the problem")
    completion: str = Field(description="What the policy wrote")
    accepted: bool | None = Field(description="The verifier's verdict; null where there is no completion")
    extracted: str | None = Field(description="Final answer that the verifier found")
    reason: str | None = Field(description="Why it is not accepted; null where it is")
    reward: float | None = Field(
        description="Score: 1 or 0 by the verifier, else the reward model's or judge's"
    )
    path: str | None = Field(description="Normalised equations of the completion, joined by `|`")
    finish_reason: FinishReason = Field(description="How the completion ended")
    num_tokens: int = Field(description="Length of the completion in tokens")
    rule: str = Field(description="Stopping rule, such as `mixed, at most 30`")
    stop: Stop = Field(description="Why no more was drawn for this problem")
    num_draws: int = Field(description="Draws for this problem by this policy")
    num_accepted: int = Field(description="How many of them were accepted")
    propensity: float | None = Field(
        description="Probability that the rule reaches its goal at this problem's pass rate; null where"
        " counts alone do not decide. Its inverse weighs problems back"
    )
    completion_key: str = ledger_key("Ledger key of the completion")


class RftSelection(Row):
    """A verified completion to learn."""

    dataset: ClassVar[str] = "rft_selections"
    grain: ClassVar[str] = (
        "One row per completion kept of a problem: distinct path, rank, pass rate, sampler."
    )
    key: ClassVar[tuple[str, ...]] = ("problem_id", "rank")

    problem_id: str = Field(description="The problem answered")
    rank: int = Field(description="Place among the problem's kept completions, from 1; 0 for the gold one")
    prompt: str = Field(description="The problem as it is put")
    completion: str = Field(description="What the policy shall answer")
    kind: Literal["sampled", "rationalised", "gold"] = Field(description="Where the completion comes from")
    reward: float | None = Field(description="Its score; null for gold solutions")
    path: str | None = Field(description="Normalised equations, joined by `|`")
    pass_rate: float | None = Field(description="Accepted share of the problem's draws, hints left out")
    num_draws: int = Field(description="Draws for the problem by all samplers, hints left out")
    policy: str | None = Field(description="Asset name of the sampler; null for gold solutions")
    sample: int | None = Field(description="Which draw of the sampler; null for gold solutions")
    family: str | None = Field(description="Kind of problem")
    difficulty: int | None = Field(description="How hard, such as how many numbers")
    num_tokens: int | None = Field(description="Length of the completion in tokens; null for gold solutions")
    split_group: str = Field(description="Group of the problem")
    completion_key: str | None = ledger_key("Ledger key of the completion; null for gold solutions")


class VerifiedPair(Row):
    """An accepted and a rejected completion of one problem."""

    dataset: ClassVar[str] = "verified_pairs"
    grain: ClassVar[str] = "One row per pair of an accepted and a rejected completion of one problem."
    key: ClassVar[tuple[str, ...]] = ("pair_id",)

    pair_id: str = Field(description="Hash of the problem and both completions")
    problem_id: str = Field(description="The problem answered")
    prompt: str = Field(description="The problem as it is put")
    chosen: str = Field(description="The accepted completion")
    rejected: str = Field(description="The rejected completion")
    reward_chosen: float | None = Field(description="Score of the accepted completion")
    reward_rejected: float | None = Field(description="Score of the rejected completion")
    num_tokens_chosen: int = Field(description="Length of the accepted completion in tokens")
    num_tokens_rejected: int = Field(description="Length of the rejected completion in tokens")
    propensity: float | None = Field(description="Probability that the problem yields a pair")
    policy: str = Field(description="Asset name of the sampler of both")
    split_group: str = Field(description="Group of the problem")
    chosen_key: str = ledger_key("Ledger key of the accepted completion")
    rejected_key: str = ledger_key("Ledger key of the rejected completion")
