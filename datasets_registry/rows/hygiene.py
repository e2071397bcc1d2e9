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
