"""Row types about judges: direct scores, agreement with people, the certificate and the principle audit."""

from typing import ClassVar, Literal

from pydantic import Field

from datasets_registry.rows.imported import ChatMessage
from datasets_registry.rows.row import Row, ledger_key
from datasets_registry.rows.words import Kind, Signal


class CompletionScore(Row):
    """A completion's direct score."""

    dataset: ClassVar[str] = "ai_scores"
    grain: ClassVar[str] = "One row per completion and signal: the judge's distribution over 1 to 10."
    key: ClassVar[tuple[str, ...]] = ("completion_key", "signal", "judge")
    label_columns: ClassVar[tuple[str, ...]] = ("failure",)

    completion_key: str = ledger_key("Ledger key of the completion")
    prompt_id: str = Field(description="The prompt answered")
    prompt: str = Field(description="What the user says")
    kind: Kind = Field(description="Which prompt set")
    completion: str = Field(description="The completion scored")
    signal: Signal = Field(description="What is scored")
    judge: str = Field(description="Asset name of the judging model")
    probabilities: list[float] = Field(description="Of the scores 1 to 10, normalised; empty after a failure")
    outside_probability: float | None = Field(description="Probability outside the scores")
    score: float | None = Field(description="Probability-weighted mean, 1 to 10")
    reward: float | None = Field(description="The score on a scale from -1 to 1")
    failure: str | None = Field(description="Why there is no score")
    score_key: str = ledger_key("Ledger key of the judge call")
    ten_key: str | None = ledger_key("Ledger key of the call that tells 1 from 10")


class HumanAgreement(Row):
    """A comparison that a person and the judge both made."""

    dataset: ClassVar[str] = "human_agreement"
    grain: ClassVar[str] = "One row per human comparison judged: the judge's label beside the person's."
    key: ClassVar[tuple[str, ...]] = ("pair_id",)
    label_columns: ClassVar[tuple[str, ...]] = ("label",)

    pair_id: str = Field(description="The comparison in human_preferences")
    messages: list[ChatMessage] = Field(description="The conversation up to the answers")
    completion_a: str = Field(description="One answer")
    completion_b: str = Field(description="The other answer")
    human_label: Literal["a", "b"] = Field(description="Which one the person preferred")
    judge: str = Field(description="Asset name of the judging model")
    principle_id: str = Field(description="Principle of the verdicts")
    p_a: float | None = Field(description="Probability that a is better, mean of both orders")
    label: Literal["a", "b", "tie", "unparsed"] = Field(description="What the orders agree on")
    agrees: bool | None = Field(description="Whether the labels agree; null without a label")
    ab_key: str = ledger_key("Ledger key of the call that shows a first")
    ba_key: str = ledger_key("Ledger key of the call that shows b first")
    aa_key: str | None = ledger_key("Ledger key of the call that shows a twice")
    bb_key: str | None = ledger_key("Ledger key of the call that shows b twice")


class JudgeFigure(Row):
    """One figure of a judge on one policy's completions."""

    dataset: ClassVar[str] = "judge_certificate"
    grain: ClassVar[str] = "One row per judge and figure: value, 95 % interval, bounds and whether it holds."
    key: ClassVar[tuple[str, ...]] = ("judge", "policy", "figure")
    label_columns: ClassVar[tuple[str, ...]] = ("holds",)

    judge: str = Field(description="Asset name of the judging model")
    policy: str = Field(description="Asset name of the model whose completions were judged")
    figure: str = Field(description="What is measured")
    value: float | None = Field(description="The figure; null where nothing could be measured")
    low: float | None = Field(description="Lower end of the 95 % interval")
    high: float | None = Field(description="Upper end of the 95 % interval")
    num_items: int = Field(description="Over how many verdicts, pairs or comparisons")
    at_least: float | None = Field(description="Lower bound of the profile")
    at_most: float | None = Field(description="Upper bound of the profile")
    holds: bool | None = Field(description="Whether the figure is within its bounds; null without bounds")
    required: bool = Field(description="Whether the profile lets nothing train on a judge without it")


class PrincipleFigure(Row):
    """What one principle did."""

    dataset: ClassVar[str] = "principle_audit"
    grain: ClassVar[str] = (
        "One row per principle: draws, changes, margins, disagreement and wins of revisions."
    )
    key: ClassVar[tuple[str, ...]] = ("principle_id",)

    principle_id: str = Field(description="The principle")
    signal: Signal = Field(description="What the principle asks about")
    num_critiques: int = Field(description="Revision steps that drew it")
    changed_share: float | None = Field(description="Share of its critiques after which the text changed")
    mean_edit_distance: float | None = Field(description="Letters changed a step, mean")
    num_scored: int = Field(description="Its steps of which draft and revision both have a score")
    win_rate: float | None = Field(description="Share of these where the revision scores higher, ties half")
    win_low: float | None = Field(description="Lower end of the win rate's 95 % interval")
    win_high: float | None = Field(description="Upper end of the win rate's 95 % interval")
    num_pairs: int = Field(description="Pairs judged under it")
    parsed_share: float | None = Field(description="Share of its pairs and judges with a whole verdict")
    mean_margin: float | None = Field(description="Distance of its soft label from a half, mean")
    tie_share: float | None = Field(description="Share of its whole verdicts in which the orders disagree")
    num_shared: int = Field(description="Pairs that another principle judged too")
    disagreement: float | None = Field(
        description="Share of these where the others' mean names the other text"
    )
