"""Review: preference pairs → the sample that people are asked."""

from collections.abc import Sequence

from assets.building.declared import Dataset, dataset
from assets.profile.review.review import Review
from datasets_registry.rows.imported import HumanPreference
from datasets_registry.rows.review.sample import ReviewItem
from datasets_registry.rows.rlaif import CompletionPair, PreferencePair
from methods.judging.constitution import Constitution
from quality.review.sample import REVIEW_SAMPLE
from quality.review.settings import SampleSettings

GROUP = "review"


def review(section: Review, constitution: Constitution, at: str = "") -> Sequence[Dataset]:
    """``review_sample`` of the preference pairs at the same place."""
    return [_sample(section, constitution, at)]


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
