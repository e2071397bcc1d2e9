"""Review of evaluation: comparisons → the sample that people are asked → figures by people beside grades."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from assets.building.declared import Dataset, Roles, dataset
from assets.pipelines.evaluation import GROUP, answers_of
from assets.profile.evaluation import Evaluation
from assets.profile.profile import Profile
from datasets_registry.rows.evaluation import EvaluationItem, SuiteAnswer
from datasets_registry.rows.review.agreement import ReviewFigure
from datasets_registry.rows.review.labels import LabelItem
from datasets_registry.rows.review.reviewed import ReviewedFigure
from datasets_registry.rows.review.reviews import HumanReview
from datasets_registry.rows.review.sample import ReviewItem
from quality.review.agreement import REVIEW_AGREEMENT
from quality.review.evaluated.comparisons import COMPARISON_SAMPLE
from quality.review.evaluated.reviewed import REVIEWED_FIGURES
from quality.review.settings import ComparisonSelection, ReviewedSettings, ReviewGate

COMPARISONS = f"{ReviewItem.dataset}/comparisons"


def reviewed_evaluation(profile: Profile) -> Sequence[Dataset]:
    """``review_sample/comparisons``, and ``reviewed_figures`` of all that people review of evaluation."""
    review, evaluation = profile.review, profile.evaluation
    if review is None or evaluation is None or not (review.answers or review.comparisons):
        return []
    return list(_datasets(profile, evaluation))


def _datasets(profile: Profile, evaluation: Evaluation) -> Iterator[Dataset]:
    review, baseline = profile.review, evaluation.base
    assert review is not None
    answers: Roles = {
        EvaluationItem.dataset: EvaluationItem.dataset,
        SuiteAnswer.dataset: tuple(answers_of(model) for model in profile.measured_models),
    }
    if review.comparisons:
        selection = ComparisonSelection(
            **dict(review.comparisons), baseline=baseline, questions=_questions(profile, evaluation)
        )
        yield dataset(COMPARISONS, COMPARISON_SAMPLE, selection, group=GROUP, inputs=answers)
        yield replace(_agreement(review.gate), may_wait=True)
    own: Roles = {
        **answers,
        LabelItem.dataset: f"{LabelItem.dataset}/answers" if review.answers else "",
        ReviewItem.dataset: COMPARISONS if review.comparisons else "",
        HumanReview.dataset: HumanReview.dataset,
    }
    settings = ReviewedSettings(baseline=baseline)
    figures = dataset(ReviewedFigure.dataset, REVIEWED_FIGURES, settings, group=GROUP, inputs=own)
    yield replace(figures, may_wait=True)


def _agreement(gate: ReviewGate) -> Dataset:
    """How far people agree with the judge's comparisons, for which no model waits."""
    return dataset(
        f"{ReviewFigure.dataset}/comparisons",
        REVIEW_AGREEMENT,
        gate.model_copy(update={"required": False}),
        group=GROUP,
        inputs={ReviewItem.dataset: COMPARISONS, HumanReview.dataset: HumanReview.dataset},
    )


def _questions(profile: Profile, evaluation: Evaluation) -> Mapping[str, str]:
    """What the judge was asked in each suite."""
    named = {"harmlessness": evaluation.red_team, "helpfulness": evaluation.helpful}
    constitution = profile.read_constitution()
    return {
        suite: constitution.question(principle, "review.comparisons")
        for suite, principle in named.items()
        if principle
    }
