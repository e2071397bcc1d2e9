"""Row type of what was found in the texts that a model learns from."""

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
    "refusal",
    "boilerplate",
]


class HygieneFinding(Row):
    """Something about one text of a label dataset that a person may want to look at."""

    dataset: ClassVar[str] = "data_hygiene"
    grain: ClassVar[str] = (
        "One row per text of a label dataset and kind of finding: duplicates, contamination, outliers,"
        " personal data, refusals, boilerplate."
    )
    key: ClassVar[tuple[str, ...]] = ("label_dataset", "text_column", "row_id", "kind")

    label_dataset: str = Field(description="Dataset that the text stands in")
    text_column: str = Field(description="Column of the text")
    row_id: str = Field(description="Key of the row there, its parts joined by `/`")
    kind: FindingKind = Field(description="What was found")
    matches: str | None = Field(
        description="Row that it is a duplicate of, or `dataset/id` of the evaluation prompt; else null"
    )
    cluster: str | None = Field(description="Smallest row id of the cluster of duplicates; else null")
    detail: str = Field(description="What was found, in words; personal data only as a mask of its shape")
    score: float = Field(
        description="Jaccard similarity; shared 13-grams; probability of the language; robust z of the"
        " length; number of places; share of rows with the phrase"
    )
