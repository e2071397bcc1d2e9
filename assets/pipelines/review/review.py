"""Review: preference pairs → the sample that people are asked → how far they agree."""

from collections.abc import Sequence

from assets.building.declared import Dataset, dataset
from assets.profile.review.review import Review
from datasets_registry.rows.imported import HumanPreference
from datasets_registry.rows.review.agreement import ReviewFigure
from datasets_registry.rows.review.reviews import HumanReview
from datasets_registry.rows.review.sample import ReviewItem
from datasets_registry.rows.rlaif import CompletionPair, PreferencePair
from methods.judging.constitution import Constitution
from quality.review.agreement import REVIEW_AGREEMENT
from quality.review.sample import REVIEW_SAMPLE
from quality.review.settings import SampleSettings

GROUP = "review"


def review(section: Review, constitution: Constitution, at: str = "") -> Sequence[Dataset]:
    """``review_sample`` and ``review_agreement`` of the preference pairs at the same place.

    Reviews are of pairs, wherever these stand: all places read the same ``human_reviews``.
    """
    return [_sample(section, constitution, at), _agreement(section, at)]


def _sample(section: Review, constitution: Constitution, at: str) -> Dataset:
    questions = {
        principle.id: principle.preference_question
        for principle in constitution.principles
        if principle.preference_question
    }
    return dataset(
        at + ReviewItem.dataset,
        REVIEW_SAMPLE,
        SampleSettings(**dict(section.selection), questions=questions),
        group=GROUP,
        inputs={
            CompletionPair.dataset: at + CompletionPair.dataset,
            PreferencePair.dataset: at + PreferencePair.dataset,
            HumanPreference.dataset: section.gold_from or "",
        },
    )


def _agreement(section: Review, at: str) -> Dataset:
    return dataset(
        at + ReviewFigure.dataset,
        REVIEW_AGREEMENT,
        section.gate,
        group=GROUP,
        inputs={
            ReviewItem.dataset: at + ReviewItem.dataset,
            HumanReview.dataset: HumanReview.dataset,
            PreferencePair.dataset: at + PreferencePair.dataset,
        },
    )
