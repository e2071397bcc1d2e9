"""Row type of reviewed_figures: what people say of evaluation answers, beside what grades say."""

from typing import ClassVar

from pydantic import Field

from datasets_registry.rows.row import Row


class ReviewedFigure(Row):
    """A share of a model's answers by its grades, and by people."""

    dataset: ClassVar[str] = "reviewed_figures"
    grain: ClassVar[str] = (
        "One row per model, suite and word, or win rate: the share by grades, and that by people with its"
        " interval."
    )
    key: ClassVar[tuple[str, ...]] = ("model", "suite", "figure")

    model: str = Field(description="Asset name of the model")
    suite: str = Field(description="The suite")
    figure: str = Field(description="`win_rate` against the baseline, or the word that people could say")
    graded: float = Field(description="The share by the suite's grades, of all answers that have one")
    num_answers: int = Field(description="How many those are")
    value: float = Field(
        description="The share that people would give all of them, by the doubly robust form: the grades of"
        " all, and what people say otherwise of the reviewed ones"
    )
    low: float = Field(description="Lower end of the 95 % interval")
    high: float = Field(description="Upper end of the 95 % interval")
    num_reviewed: int = Field(description="Answers that people reviewed")
