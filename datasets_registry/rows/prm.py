"""Row types of process rewards: solutions in steps, rollouts from their prefixes, labels of the steps."""

from typing import ClassVar, Literal

from pydantic import Field

from datasets_registry.rows.row import Row, ledger_key
from datasets_registry.rows.words import FinishReason

# what the text of a rule has where outcomes decide how many rollouts a step gets
_BY_OUTCOME = (", first success, ", ", interval, ", ", confirm ")


def biases_shares(method: str) -> bool:
    """Whether outcomes decide how many rollouts a step gets under the rule ``method`` of step labels.

    An early stop and rollouts that confirm a label do, and the share of those accepted is then biased.
    """
    return any(part in method for part in _BY_OUTCOME)


class Solution(Row):
    """A sampled solution, split into steps."""

    dataset: ClassVar[str] = "solutions"
    grain: ClassVar[str] = (
        "One row per sampled solution: its steps, splitter and verdict, or why it has no steps."
    )
    key: ClassVar[tuple[str, ...]] = ("solution_id",)

    solution_id: str = Field(description="Hash of the problem and the completion")
    problem_id: str = Field(description="The problem answered")
    prompt: str = Field(description="The problem's text")
    answer: str = Field(description="Gold answer")
    family: str | None = Field(description="Kind of problem")
    difficulty: int | None = Field(description="Difficulty, such as the number of operands")
    split_group: str = Field(description="Group of the problem")
    completion: str = Field(description="The whole solution")
    completions: list[str] = Field(description="Its steps; joined by the separator they are the completion")
    separator: str = Field(description="The text between steps")
    splitter: str = Field(description="Rule that splits solutions into steps")
    accepted: bool | None = Field(description="The verifier's verdict; null where there is no completion")
    reason: str | None = Field(description="Why it is not accepted; null where it is")
    policy: str = Field(description="Asset name of the model that wrote it")
    pass_rate: float | None = Field(
        description="The problem's pass rate under the policy that wrote it, without bias; null as there"
    )
    finish_reason: FinishReason = Field(description="How the solution ended")
    num_tokens: int = Field(description="Length of the solution in tokens")
    failure: str | None = Field(description="Why its steps are not labelled")
    completion_key: str = ledger_key("Ledger key of the solution")


class StepRollout(Row):
    """One completion of the first steps of a solution."""

    dataset: ClassVar[str] = "step_rollouts"
    grain: ClassVar[str] = "One row per rollout from a solution's first steps: completion, verdict, phase."
    key: ClassVar[tuple[str, ...]] = ("solution_id", "step", "sample")
    label_columns: ClassVar[tuple[str, ...]] = ("accepted",)

    solution_id: str = Field(description="The solution")
    step: int = Field(description="How many of its steps the rollout starts from, at least 1")
    sample: int = Field(description="Which rollout of this prefix, from 0")
    phase: Literal["probe", "confirm"] = Field(description="What it was sampled for")
    policy: str = Field(description="Asset name of the completing model")
    completion: str = Field(description="What the completer wrote after the prefix")
    accepted: bool | None = Field(description="The verifier's verdict; null where there is no completion")
    extracted: str | None = Field(description="Final answer that the verifier extracted")
    reason: str | None = Field(description="Why it is not accepted; null where it is")
    finish_reason: FinishReason = Field(description="How the completion ended")
    num_tokens: int = Field(description="Length of the completion in tokens")
    completion_key: str = ledger_key("Ledger key of the completion")


class StepLabels(Row):
    """The labels of one solution's steps."""

    dataset: ClassVar[str] = "step_labels"
    grain: ClassVar[str] = (
        "One row per solution: steps, counts, hard and soft labels, intervals, first error."
    )
    key: ClassVar[tuple[str, ...]] = ("solution_id",)

    solution_id: str = Field(description="The solution")
    problem_id: str = Field(description="The problem answered")
    prompt: str = Field(description="The problem's text")
    answer: str = Field(description="Gold answer")
    family: str | None = Field(description="Kind of problem")
    difficulty: int | None = Field(description="Difficulty, such as the number of operands")
    split_group: str = Field(description="Group of the problem")
    completions: list[str] = Field(description="The steps")
    separator: str = Field(description="The text between steps")
    splitter: str = Field(description="Rule that split the solution")
    labels: list[bool | None] = Field(
        description="Hard label per step: is the accepted share above the threshold; null if not probed"
    )
    implied: list[bool | None] = Field(
        description="Label implied by measured ones, as no step after a wrong one counts as right; null where"
        " none is implied or the step was measured"
    )
    soft: list[float | None] = Field(
        description="Accepted share of the rollouts per step; null if not probed. An early stop and rollouts"
        " that confirm bias it: rows whose `method` has either are no soft targets"
    )
    low: list[float | None] = Field(
        description="Lower end of the share's 95 % Wilson interval, which covers it less often where rollouts"
        " stopped early; for the last step the verdict itself"
    )
    high: list[float | None] = Field(
        description="Upper end of the share's 95 % Wilson interval, which covers it less often where rollouts"
        " stopped early; for the last step the verdict itself"
    )
    num_accepted: list[int] = Field(description="Accepted rollouts per step")
    num_rollouts: list[int] = Field(
        description="Finished rollouts per step; 0 if not probed; 1 for the last step, the solution itself"
    )
    num_failed: list[int] = Field(
        description="Rollouts per step without a completion, which are not counted elsewhere"
    )
    probed: list[bool] = Field(description="Whether the step was measured")
    stops: list[str | None] = Field(
        description="Why rollouts stopped per step: `planned`, `first success`, `interval` or `outcome` (the"
        " whole solution's own verdict); null if not probed"
    )
    first_error: int | None = Field(
        description="First wrong step, from 1; 0 where no step is wrong; null where undecided"
    )
    confirmed: bool | None = Field(
        description="Whether new rollouts by themselves, on both sides of the first error, confirm it; null"
        " where none were asked for"
    )
    judge_first_error: int | None = Field(description="First wrong step according to a judge; 0 for none")
    consensus: bool | None = Field(
        description="Whether rollouts and judge name the same first error; null where either is undecided"
    )
    judge_failure: str | None = Field(description="Why the judge gave no answer")
    judge_key: str | None = ledger_key("Ledger key of the judge's reply")
    method: str = Field(description="How steps were chosen, and the rule that stops rollouts")
    accepted: bool | None = Field(description="The verifier's verdict on the whole solution")
    policy: str = Field(description="Asset name of the completing model")
    num_tokens: int = Field(
        description="Tokens generated in its rollouts; shared rollouts count for the first solution"
    )
    exhaustive_tokens: int = Field(
        description="Tokens that the planned rollouts from every step would take, by the mean length of"
        " rollouts from that step, or of the rest of the solution"
    )
    failure: str | None = Field(description="Why the solution has no label")
