"""Row types about judges: scores, agreement with people, steered verdicts, the certificate, the audit."""

from typing import ClassVar, Literal

from pydantic import Field

from datasets_registry.rows.imported import ChatMessage
from datasets_registry.rows.row import Row, ledger_key
from datasets_registry.rows.words import AdditionKind, AdditionPlace, Kind, Signal, Way


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
    probabilities: list[float] = Field(
        description="Probability of each score from 1 to 10, normalised; empty after a failure"
    )
    outside_probability: float | None = Field(description="Probability of any other answer than a score")
    score: float | None = Field(description="Probability-weighted mean, 1 to 10")
    reward: float | None = Field(description="The score on a scale from -1 to 1")
    failure: str | None = Field(description="Why there is no score")
    score_key: str = ledger_key("Ledger key of the judge call")
    ten_key: str | None = ledger_key("Ledger key of the call that distinguishes 1 from 10")
    sample_keys: list[str] = ledger_key("Ledger keys of further samples of the judge call")
    asked: Way = Field(description="How the judge was asked")


class HumanAgreement(Row):
    """A comparison made by a person and by the judge."""

    dataset: ClassVar[str] = "human_agreement"
    grain: ClassVar[str] = "One row per judged human comparison: the judge's label and the person's."
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
    label: Literal["a", "b", "tie", "unparsed"] = Field(description="The label that both orders agree on")
    agrees: bool | None = Field(description="Whether the labels agree; null without a label")
    ab_key: str = ledger_key("Ledger key of the call that shows a first")
    ba_key: str = ledger_key("Ledger key of the call that shows b first")
    aa_key: str | None = ledger_key("Ledger key of the call that shows a twice")
    bb_key: str | None = ledger_key("Ledger key of the call that shows b twice")


class SteeredVerdict(Row):
    """A verdict against a response, and what an addition that speaks for that response makes of it."""

    dataset: ClassVar[str] = "steered_verdicts"
    grain: ClassVar[str] = (
        "One row per judge, pair and kind of addition: whether the addition turns a verdict, and whether a"
        " neutral one of as many characters does."
    )
    key: ClassVar[tuple[str, ...]] = ("judge", "pair_id", "kind")
    label_columns: ClassVar[tuple[str, ...]] = ("moved",)

    judge: str = Field(description="Asset name of the judging model")
    pair_id: str = Field(description="The pair judged")
    kind: AdditionKind = Field(description="What the addition tries")
    place: AdditionPlace = Field(description="Where it stands: after the response, the prompt, or in thought")
    order: Literal["ab", "ba"] = Field(description="Which completion was shown first")
    principle_id: str = Field(description="Principle of the verdict")
    speaks_for: Literal["first", "second"] = Field(
        description="The response that the verdict without an addition is against"
    )
    addition: str = Field(description="The addition")
    neutral: str = Field(description="The neutral one")
    logit_plain: float = Field(
        description="Logit for that response without an addition, less the position bias"
    )
    logit_addition: float | None = Field(description="The same with the addition")
    logit_neutral: float | None = Field(description="The same with the neutral one")
    moved: bool | None = Field(
        description="Whether the verdict with the addition is for that response; null after a failure"
    )
    neutral_moved: bool | None = Field(description="Whether the verdict with the neutral one is")
    failure: str | None = Field(description="Why one of the two has no verdict")
    addition_key: str = ledger_key("Ledger key of the call with the addition")
    neutral_key: str = ledger_key("Ledger key of the call with the neutral one")
    more_keys: list[str] = ledger_key("Ledger keys of further samples of both calls, and of reasoning")


class JudgeFigure(Row):
    """A figure of a judge on a policy's completions."""

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
    num_items: int = Field(description="Number of verdicts, pairs or comparisons")
    at_least: float | None = Field(description="Lower bound in the profile")
    at_most: float | None = Field(description="Upper bound in the profile")
    holds: bool | None = Field(description="Whether the figure is within its bounds; null without bounds")
    required: bool = Field(description="Whether the profile blocks training where the figure does not hold")


class PrincipleFigure(Row):
    """The effect of a principle."""

    dataset: ClassVar[str] = "principle_audit"
    grain: ClassVar[str] = (
        "One row per principle: uses, changes, margins, disagreement and wins of revisions."
    )
    key: ClassVar[tuple[str, ...]] = ("principle_id",)

    principle_id: str = Field(description="The principle")
    signal: Signal = Field(description="What the principle asks about")
    num_critiques: int = Field(description="Revisions that used it")
    changed_share: float | None = Field(description="Share of its revisions that changed the text")
    mean_edit_distance: float | None = Field(description="Mean number of characters changed in a revision")
    num_scored: int = Field(description="Its revisions for which draft and revision both have a score")
    win_rate: float | None = Field(
        description="Share of these where the revision scores higher; ties count half"
    )
    win_low: float | None = Field(description="Lower end of the win rate's 95 % interval")
    win_high: float | None = Field(description="Upper end of the win rate's 95 % interval")
    num_pairs: int = Field(description="Pairs judged under it")
    parsed_share: float | None = Field(description="Share of its pairs and judges with a complete verdict")
    mean_margin: float | None = Field(description="Mean distance of its soft label from 0.5")
    tie_share: float | None = Field(description="Share of its complete verdicts in which the orders disagree")
    num_shared: int = Field(description="Pairs that were also judged under another principle")
    disagreement: float | None = Field(
        description="Share of these where the mean of the others prefers the other completion"
    )
