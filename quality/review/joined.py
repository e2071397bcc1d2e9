"""Reviews joined with their pairs: what people say of each pair of the sample that counts."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Generic, TypeVar

from datasets_registry.rows.review.labels import LabelItem
from datasets_registry.rows.review.reviews import HumanReview
from datasets_registry.rows.review.sample import ReviewItem

# a pair, or a single label
Sampled = TypeVar("Sampled", bound=ReviewItem | LabelItem)


@dataclass(frozen=True)
class Judged(Generic[Sampled]):
    """A pair or label of the sample with the answers of its reviewers, which all count."""

    item: Sampled
    reviews: tuple[HumanReview, ...]

    @cached_property
    def named(self) -> tuple[HumanReview, ...]:
        """The answers that name a side, or what the label should be."""
        return tuple(review for review in self.reviews if review.choice in self.item.words)

    @property
    def weight(self) -> float:
        """How many pairs or labels of the version it stands for."""
        return 1 / self.item.inclusion if self.item.inclusion else 1.0

    @property
    def compares(self) -> bool:
        """Whether the label and a person both name a side, or what is judged has a label."""
        return self.item.label in self.item.words and bool(self.named)

    @property
    def agrees(self) -> float:
        """The share of its reviewers who say as the label, of those who name a side or word."""
        return self.share(self.item.label)

    def share(self, choice: str) -> float:
        """The share of its reviewers who say ``choice``, of those who name a side or word."""
        return sum(review.choice == choice for review in self.named) / len(self.named)


def longer(item: ReviewItem) -> str | None:
    """The longer completion; None where both are as long."""
    a, b = len(item.completion_a), len(item.completion_b)
    return None if a == b else "a" if a > b else "b"


def reviews_of(items: Iterable[Sampled], reviews: Iterable[HumanReview]) -> list[HumanReview]:
    """The answers to these items that count."""
    asked = {item.item_id for item in items}
    return [review for review in reviews if review.state == "counts" and review.item_id in asked]


def judged(items: Iterable[Sampled], reviews: Iterable[HumanReview]) -> list[Judged[Sampled]]:
    """Every pair or label of the sample that somebody reviewed; answers meet their item by id."""
    answers = by_item(reviews)
    return [
        Judged(item, tuple(answers[item.item_id]))
        for item in items
        if item.role == "sample" and item.item_id in answers
    ]


def by_item(reviews: Iterable[HumanReview]) -> dict[str, list[HumanReview]]:
    """The answers that count, by item."""
    answers: dict[str, list[HumanReview]] = {}
    for review in reviews:
        if review.state == "counts":
            answers.setdefault(review.item_id, []).append(review)
    return answers


def compared(pairs: Sequence[Judged[Sampled]]) -> list[Judged[Sampled]]:
    """Those on which the label and a person both name a side or word."""
    return [pair for pair in pairs if pair.compares]
