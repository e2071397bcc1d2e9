"""Row type of data_hygiene: findings in the texts that models learn from."""

from typing import ClassVar, Literal

from pydantic import Field

from datasets_registry.rows.row import Row

FindingKind = Literal[
    "exact_duplicate",
    "near_duplicate",
    "contamination",
    "language_outlier",
    "length_outlier",
    "email",
    "phone",
    "iban",
    "credit_card",
    "ip_address",
    "full_refusal",
    "partial_refusal",
    "boilerplate",
    "grader_address",
]


class HygieneFinding(Row):
    """A finding in a text of a label dataset that a person may want to look at."""

    dataset: ClassVar[str] = "data_hygiene"
    grain: ClassVar[str] = (
        "One row per text of a label dataset and kind of finding: duplicates, contamination, outliers,"
        " personal data, refusals, boilerplate, words to a grader."
    )
    key: ClassVar[tuple[str, ...]] = ("label_dataset", "text_column", "row_id", "kind")

    label_dataset: str = Field(description="Dataset of the text")
    text_column: str = Field(description="Column of the text")
    row_id: str = Field(description="Key of its row, the parts joined by `/`")
    kind: FindingKind = Field(description="What was found")
    matches: str | None = Field(
        description="Row that it duplicates, or `dataset/id` of the evaluation prompt; otherwise null"
    )
    cluster: str | None = Field(description="Smallest row id of the cluster of duplicates; otherwise null")
    detail: str = Field(description="The finding in words; personal data only as a mask")
    score: float = Field(
        description="By kind: Jaccard similarity, shared 13-grams, probability of the language, robust z"
        " of the length, number of occurrences, or share of rows with the phrase"
    )


LeakKind = Literal["canary", "ngram", "near_duplicate", "question_and_answer"]
ItemPart = Literal["prompt", "follow_up", "choice", "gold", "reference", "canary"]


class EvaluationLeak(Row):
    """An item of evaluation in a row that a model under evaluation was trained on."""

    dataset: ClassVar[str] = "evaluation_leaks"
    grain: ClassVar[str] = (
        "One row per item of evaluation and text of a training row that has it: which, where, and by what."
    )
    key: ClassVar[tuple[str, ...]] = ("suite", "item_id", "training_dataset", "row_id", "text_column")

    suite: str = Field(description="The suite; `every` for the canary string that all our own items carry")
    item_id: str = Field(description="The item; `canary` for the canary string")
    variant: str = Field(description="Variant of the item, the first where the text is in several")
    part: ItemPart = Field(description="Which text of the item")
    training_dataset: str = Field(description="Dataset that a model under evaluation was trained on")
    row_id: str = Field(description="Key of its row, the parts joined by `/`")
    text_column: str = Field(description="Column of the text")
    kind: LeakKind = Field(
        description="By what: the canary string, 13 shared words or a whole shorter text, most word 3-grams"
        " close together with all names and numbers, or a short question with its answer"
    )
    detail: str = Field(description="The words that are shared, or the item's text where it was reworded")
    score: float = Field(description="Share of the text's word 3-grams that are found close together")
