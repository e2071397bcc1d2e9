"""Review: preference pairs → the sample that people are asked → how far they agree, and their labels."""

from collections.abc import Sequence
from dataclasses import replace

from assets.building.declared import Dataset, dataset
from assets.pipelines.rlaif import GROUP
from assets.profile.review.review import Review
from datasets_registry.rows.imported import HumanPreference
from datasets_registry.rows.review.agreement import ReviewFigure
from datasets_registry.rows.review.pairs import ReviewedPair
from datasets_registry.rows.review.reviews import HumanReview
from datasets_registry.rows.review.sample import ReviewItem
from datasets_registry.rows.rlaif import CompletionPair, PreferencePair
from methods.judging.constitution import Constitution
from quality.review.agreement import REVIEW_AGREEMENT
from quality.review.relabelled import REVIEWED_PAIRS
from quality.review.sample import REVIEW_SAMPLE
from quality.review.settings import SampleSettings


def reviewed(
    labelled: Sequence[Dataset], section: Review, constitution: Constitution, at: str = ""
) -> Sequence[Dataset]:
    """The datasets ``labelled`` at a place, and the sample, agreement and people's labels of their pairs.

    Where review is required, no model learns from the pairs before people are shown to agree; otherwise what
    is made of reviews waits for them, and fails nothing. Reviews are of
    pairs, wherever these stand: all places read the same ``human_reviews``.
    """
    guard = (at + ReviewFigure.dataset,) if section.required else ()
    guarded = [
        replace(asset, guards=asset.guards + guard) if asset.name == at + PreferencePair.dataset else asset
        for asset in labelled
    ]
    may_wait = not section.required
    return [
        *guarded,
        _sample(section, constitution, at),
        replace(_agreement(section, at), may_wait=may_wait),
        replace(_relabelled(section, at), guards=guard, may_wait=may_wait),
    ]


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


def _relabelled(section: Review, at: str) -> Dataset:
    own = (ReviewItem, PreferencePair, CompletionPair)
    return dataset(
        at + ReviewedPair.dataset,
        REVIEWED_PAIRS,
        section.relabelling,
        group=GROUP,
        inputs={**{row.dataset: at + row.dataset for row in own}, HumanReview.dataset: HumanReview.dataset},
    )
