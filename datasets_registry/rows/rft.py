"""Row types of rejection sampling: gold solutions and verdicts, candidates, selections, pairs."""

from typing import ClassVar, Literal

from pydantic import Field

from datasets_registry.rows.row import Row, ledger_key
from datasets_registry.rows.scored.signals import SignalScore
from datasets_registry.rows.words import FinishReason

Stop = Literal["accepted", "distinct", "mixed", "hopeless", "exhausted", "all_drawn"]


class GoldSolution(Row):
    """A training problem with the written solution to learn."""

    dataset: ClassVar[str] = "gold_solutions"
    grain: ClassVar[str] = (
        "One row per training problem with a written solution, which the first policy learns."
    )
    key: ClassVar[tuple[str, ...]] = ("problem_id",)

    problem_id: str = Field(description="The problem")
    prompt: str = Field(description="The problem's text")
    completion: str = Field(description="The written solution")
    family: str | None = Field(description="Kind of problem")
    difficulty: int | None = Field(description="Difficulty, such as the number of operands")
    split_group: str = Field(description="Group of the problem")


class GoldVerdict(Row):
    """The verifier's verdict on a problem's own gold answer."""

    dataset: ClassVar[str] = "gold_verdicts"
    grain: ClassVar[str] = "One row per problem: whether the verifier accepts its own gold answer."
    key: ClassVar[tuple[str, ...]] = ("problem_id",)
    label_columns: ClassVar[tuple[str, ...]] = ("accepted",)

    problem_id: str = Field(description="The problem")
    answer: str = Field(description="Gold answer")
    completion: str | None = Field(
        description="The correct solution that was verified; null where there is none"
    )
    accepted: bool = Field(description="The verifier's verdict")
    extracted: str | None = Field(description="Final answer that the verifier extracted")
    reason: str | None = Field(description="Why it is not accepted; null where it is")


class Candidate(Row):
    """A sample of a policy for a problem, with the verifier's verdict."""

    dataset: ClassVar[str] = "candidates"
    grain: ClassVar[str] = (
        "One row per sample: completion, verdict and reason, reward, and why sampling stopped."
    )
    key: ClassVar[tuple[str, ...]] = ("problem_id", "policy", "hinted", "sample")
    label_columns: ClassVar[tuple[str, ...]] = ("accepted",)

    problem_id: str = Field(description="The problem answered")
    policy: str = Field(description="Asset name of the model that wrote it")
    hinted: bool = Field(description="Whether the gold answer was shown as a hint (rationalisation)")
    sample: int = Field(description="Which sample, from 0")
    prompt: str = Field(description="The problem's text, without any hint")
    answer: str = Field(description="Gold answer")
    family: str | None = Field(description="Kind of problem")
    difficulty: int | None = Field(description="Difficulty, such as the number of operands")
    split_group: str = Field(description="Group of the problem")
    completion: str = Field(description="What the policy wrote")
    accepted: bool | None = Field(description="The verifier's verdict; null where there is no completion")
    extracted: str | None = Field(description="Final answer that the verifier extracted")
    reason: str | None = Field(description="Why it is not accepted; null where it is")
    reward: float | None = Field(
        description="Score: 1 or 0 by the verifier, or the score of a reward model or judge"
    )
    path: str | None = Field(description="Normalised equations of the completion, joined by `|`")
    finish_reason: FinishReason = Field(description="How the completion ended")
    num_tokens: int = Field(description="Length of the completion in tokens")
    rule: str = Field(description="Stopping rule, such as `mixed, at most 30`")
    stop: Stop = Field(description="Why sampling stopped for this problem")
    num_draws: int = Field(description="Samples for this problem by this policy")
    num_accepted: int = Field(description="How many of them were accepted")
    propensity: float | None = Field(
        description="Probability that the rule reaches its goal at the pass rate that the samples suggest,"
        " too high where it is small; null where it depends on more than counts. Its inverse is the"
        " problem's weight"
    )
    pass_rate: float | None = Field(
        None,
        description="Estimate without bias of the policy's pass rate on the problem, whatever the rule; null"
        " where no sample finished or the rule depends on more than counts",
    )
    scores: list[SignalScore] = Field(
        [], description="What the reward model of each signal gives it; empty where no signals reward"
    )
    combination: str | None = Field(
        None, description="The rule that makes the reward of the signals' scores; null where there is none"
    )
    completion_key: str = ledger_key("Ledger key of the completion")


class RftSelection(Row):
    """A verified completion to learn."""

    dataset: ClassVar[str] = "rft_selections"
    grain: ClassVar[str] = (
        "One row per selected completion of a problem: distinct path, rank, pass rate, sampler."
    )
    key: ClassVar[tuple[str, ...]] = ("problem_id", "rank")

    problem_id: str = Field(description="The problem answered")
    rank: int = Field(
        description="Rank among the problem's selected completions, from 1; 0 for the gold solution"
    )
    prompt: str = Field(description="The problem's text")
    completion: str = Field(description="The completion to learn")
    kind: Literal["sampled", "rationalised", "gold"] = Field(description="Where the completion comes from")
    reward: float | None = Field(description="Its score; null for gold solutions")
    path: str | None = Field(description="Normalised equations, joined by `|`")
    pass_rate: float | None = Field(
        description="The problem's pass rate under the sampler, without bias; null as in `candidates`, and"
        " for gold solutions"
    )
    num_draws: int = Field(description="Samples for the problem by all samplers, without hinted ones")
    policy: str | None = Field(description="Asset name of the sampler; null for gold solutions")
    sample: int | None = Field(description="Which sample of the sampler; null for gold solutions")
    family: str | None = Field(description="Kind of problem")
    difficulty: int | None = Field(description="Difficulty, such as the number of operands")
    num_tokens: int | None = Field(description="Length of the completion in tokens; null for gold solutions")
    split_group: str = Field(description="Group of the problem")
    completion_key: str | None = ledger_key("Ledger key of the completion; null for gold solutions")


class RftControl(RftSelection):
    """A finished completion that was drawn without a look at its verdict."""

    dataset: ClassVar[str] = "rft_controls"
    grain: ClassVar[str] = (
        "One row per completion that a control learns in a selected one's place: finished, drawn by chance."
    )


class VerifiedPair(Row):
    """An accepted and a rejected completion of one problem."""

    dataset: ClassVar[str] = "verified_pairs"
    grain: ClassVar[str] = "One row per pair of an accepted and a rejected completion of one problem."
    key: ClassVar[tuple[str, ...]] = ("pair_id",)

    pair_id: str = Field(description="Hash of the problem and both completions")
    problem_id: str = Field(description="The problem answered")
    prompt: str = Field(description="The problem's text")
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
