"""Steps of solutions: whether each is right, with the problem and the solution so far."""

from collections.abc import Iterator

from datasets_registry.rows.prm import StepLabels
from datasets_registry.rows.review.agreement import ReviewFigure
from datasets_registry.rows.review.labels import LabelItem
from methods.method import Inputs, Method, Models
from quality.review.absolute.agreement import label_agreement
from quality.review.absolute.drawing import label_sample
from quality.review.absolute.subjects import RIGHT_OR_WRONG, Subject
from quality.review.settings import LabelSelection, ReviewGate

QUESTION = "Is this step right, after what stands before it?"


def steps(inputs: Inputs) -> Iterator[Subject]:
    """Every step that has a label, measured or implied."""
    for row in inputs.stream(StepLabels):
        for place, text in enumerate(row.completions):
            measured, implied = row.labels[place], row.implied[place]
            label = measured if measured is not None else implied
            if label is not None and text.strip():
                yield Subject(
                    subject_id=f"{row.solution_id}/{place + 1}",
                    kind="step",
                    part="implied" if measured is None else "measured",
                    label="right" if label else "wrong",
                    choices=RIGHT_OR_WRONG,
                    question=QUESTION,
                    prompt=row.prompt,
                    before=row.separator.join(row.completions[:place]),
                    text=text,
                    split_group=row.split_group,
                )


def make_step_sample(inputs: Inputs, models: Models, settings: LabelSelection) -> list[LabelItem]:
    """Steps that people review."""
    return label_sample(lambda: steps(inputs), settings)


def make_step_agreement(inputs: Inputs, models: Models, settings: ReviewGate) -> list[ReviewFigure]:
    """How far people agree with step labels."""
    return label_agreement(inputs, lambda: steps(inputs), settings)


STEP_SAMPLE = Method(run=make_step_sample, settings=LabelSelection, rows=LabelItem)
STEP_AGREEMENT = Method(run=make_step_agreement, settings=ReviewGate, rows=ReviewFigure)
