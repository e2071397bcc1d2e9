"""Review of single labels: steps, revisions and answers → the sample that people are asked → agreement."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from assets.building.declared import Dataset, Roles, dataset
from assets.pipelines import cai, evaluation, prm
from assets.profile.profile import Profile
from datasets_registry.rows.cai import RevisionStep
from datasets_registry.rows.evaluation import EvaluationItem, SuiteAnswer
from datasets_registry.rows.prm import StepLabels
from datasets_registry.rows.review.agreement import ReviewFigure
from datasets_registry.rows.review.labels import LabelItem
from datasets_registry.rows.review.reviews import HumanReview
from methods.method import Method
from quality.review.absolute.answers import ANSWER_AGREEMENT, ANSWER_SAMPLE
from quality.review.absolute.revisions import REVISION_AGREEMENT, REVISION_SAMPLE
from quality.review.absolute.steps import STEP_AGREEMENT, STEP_SAMPLE
from quality.review.settings import LabelSelection, ReviewGate, RevisionSelection


@dataclass(frozen=True)
class _Reviewed:
    """Labels that people review: what they are called, how they are drawn and compared, and of what."""

    name: str
    selection: LabelSelection
    sample: Method[LabelSelection] | Method[RevisionSelection]
    agreement: Method[ReviewGate]
    inputs: Roles
    group: str


def reviewed_labels(profile: Profile) -> Sequence[Dataset]:
    """``label_sample/NAME`` and ``review_agreement/NAME`` of each kind that the profile names.

    No model waits for them.
    """
    if profile.review is None:
        return []
    gate = profile.review.gate.model_copy(update={"required": False})
    return [each for reviewed in _reviewed(profile) for each in _datasets(reviewed, gate)]


def _reviewed(profile: Profile) -> Iterator[_Reviewed]:
    section = profile.review
    assert section is not None
    if section.steps:
        inputs: Roles = {StepLabels.dataset: StepLabels.dataset}
        yield _Reviewed("steps", section.steps, STEP_SAMPLE, STEP_AGREEMENT, inputs, prm.GROUP)
    if section.revisions:
        requests = {each.id: each.critique_request for each in profile.read_constitution().principles}
        selection = RevisionSelection(
            **dict(section.revisions), principles={name: text for name, text in requests.items() if text}
        )
        inputs = {RevisionStep.dataset: RevisionStep.dataset}
        yield _Reviewed("revisions", selection, REVISION_SAMPLE, REVISION_AGREEMENT, inputs, cai.GROUP)
    if section.answers:
        inputs = {
            EvaluationItem.dataset: EvaluationItem.dataset,
            SuiteAnswer.dataset: tuple(evaluation.answers_of(model) for model in profile.measured_models),
        }
        yield _Reviewed("answers", section.answers, ANSWER_SAMPLE, ANSWER_AGREEMENT, inputs, evaluation.GROUP)


def _datasets(reviewed: _Reviewed, gate: ReviewGate) -> Iterator[Dataset]:
    sample = f"{LabelItem.dataset}/{reviewed.name}"
    yield dataset(sample, reviewed.sample, reviewed.selection, group=reviewed.group, inputs=reviewed.inputs)
    own: Roles = {LabelItem.dataset: sample, HumanReview.dataset: HumanReview.dataset, **reviewed.inputs}
    agreed = dataset(
        f"{ReviewFigure.dataset}/{reviewed.name}", reviewed.agreement, gate, group=reviewed.group, inputs=own
    )
    yield replace(agreed, may_wait=True)
