"""Row types of rollouts: what an online trainer saw, scores of it made later, and pairs out of it."""

from typing import ClassVar, Literal

from pydantic import Field

from datasets_registry.rows.imported import ChatMessage
from datasets_registry.rows.row import Part, Row, ledger_key
from datasets_registry.rows.words import FinishReason, history


class SignalScore(Part):
    """What one signal says of a sample."""

    signal: str = Field(description="`verifier`, or the name of a signal or reward model")
    score: float | None = Field(description="1 or 0 by the verifier, or the model's score in its deviations")


class Rollout(Row):
    """A sample that an online trainer learned from."""

    dataset: ClassVar[str] = "rollouts"
    grain: ClassVar[str] = (
        "One row per sample of an online trainer: its step, group, scores, reward, advantage."
    )
    key: ClassVar[tuple[str, ...]] = ("policy", "step", "group", "sample")

    policy: str = Field(description="Name of the model that was trained, which wrote it at that step")
    step: int = Field(description="The step that learned from it, from 1; an iteration of PPO")
    group: int = Field(description="Which prompt of the step, from 0, over all processes")
    sample: int = Field(description="Which sample of the group, from 0")
    process: int = Field(description="The process that drew it, from 0")
    prompt_id: str = Field(description="The prompt or problem answered, by its id in the trained dataset")
    prompt: str = Field(description="What the user says")
    history: list[ChatMessage] = history()
    system_text: str | None = Field(description="System prompt of the run; null where there is none")
    answer: str | None = Field(description="Gold answer; null where the prompt has none")
    split_group: str = Field(description="Group of the prompt")
    completion: str = Field(description="What the policy wrote")
    finish_reason: FinishReason = Field(description="`stop`, or `length` where it was cut")
    num_tokens: int = Field(description="Length of the completion in tokens, its end included")
    signals: list[SignalScore] = Field(description="Each signal's score")
    reward: float | None = Field(
        description="The signals as the trainer combined them; null where a reward model could not read it"
    )
    advantage: float | None = Field(
        description="How much better than expected, as it weighed in the step: of PPO the mean over tokens;"
        " null where it taught nothing"
    )


class RolloutScore(Row):
    """A score of a rollout that was made after training."""

    dataset: ClassVar[str] = "rollout_scores"
    grain: ClassVar[str] = "One row per rollout and scorer: the score, or why there is none."
    key: ClassVar[tuple[str, ...]] = ("policy", "step", "group", "sample", "signal")

    policy: str = Field(description="Name of the model that was trained")
    step: int = Field(description="The step that learned from it")
    group: int = Field(description="Which prompt of the step")
    sample: int = Field(description="Which sample of the group")
    signal: str = Field(description="`verifier`, or the name of the reward model or judge")
    score: float | None = Field(
        description="1 or 0 by the verifier, a reward model's own score, or a judge's from 1 to 10; null"
        " where there is none"
    )
    failure: str | None = Field(description="Why there is no score")
    score_key: str | None = ledger_key("Ledger key of the judge's reply; null where no judge was asked", None)


class RolloutPair(Row):
    """The best and the worst rollout of a group by one signal, or why the group gives none."""

    dataset: ClassVar[str] = "rollout_pairs"
    grain: ClassVar[str] = "One row per group of rollouts: the best and the worst by one signal, or why not."
    key: ClassVar[tuple[str, ...]] = ("policy", "step", "group")
    label_columns: ClassVar[tuple[str, ...]] = ("label",)

    pair_id: str = Field(description="Hash of policy, step, group and both completions")
    policy: str = Field(description="Name of the model that was trained, which wrote both")
    step: int = Field(description="The step that learned from both")
    group: int = Field(description="Which prompt of the step")
    prompt_id: str = Field(description="The prompt or problem answered")
    prompt: str = Field(description="What the user says")
    history: list[ChatMessage] = history()
    split_group: str = Field(description="Group of the prompt")
    signal: str = Field(description="The signal that decides")
    label: Literal["a", "tie", "too_few"] = Field(
        description="`a` where a pair was made; `tie` where all score alike, `too_few` where fewer than two"
        " whole samples have a score"
    )
    chosen: str | None = Field(description="The best completion; null without a pair")
    rejected: str | None = Field(description="The worst completion; null without a pair")
    score_chosen: float | None = Field(description="Score of the best completion")
    score_rejected: float | None = Field(description="Score of the worst completion")
    num_tokens_chosen: int | None = Field(description="Length of the best completion in tokens")
    num_tokens_rejected: int | None = Field(description="Length of the worst completion in tokens")
    num_samples: int = Field(description="Samples of the group")
    num_cut: int = Field(description="Samples that were cut, which make no pair")
    num_unscored: int = Field(description="Whole samples without a score, which make no pair")
