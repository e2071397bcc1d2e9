"""Reviews joined with their pairs: what people say of each pair of the sample that counts."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from datasets_registry.rows.review.reviews import HumanReview
from datasets_registry.rows.review.sample import ReviewItem


@dataclass(frozen=True)
class Judged:
    """A pair of the sample with the answers of its reviewers, which all count."""

    item: ReviewItem
    reviews: tuple[HumanReview, ...]

    @cached_property
    def named(self) -> tuple[HumanReview, ...]:
        """The answers that name a side."""
        return tuple(review for review in self.reviews if review.choice in ("a", "b"))

    @property
    def weight(self) -> float:
        """How many pairs of the version it stands for."""
        return 1 / self.item.inclusion if self.item.inclusion else 1.0

    @property
    def compares(self) -> bool:
        """Whether the label and a person both name a side."""
        return self.item.label in ("a", "b") and bool(self.named)

    @property
    def agrees(self) -> float:
        """The share of its reviewers who named the label's side, of those who named one."""
        return self.share(self.item.label)

    def share(self, choice: str) -> float:
        """The share of its reviewers who named completion ``choice``, of those who named one."""
        return sum(review.choice == choice for review in self.named) / len(self.named)

    @property
    def longer(self) -> str | None:
        """The longer completion; None where both are as long."""
        a, b = len(self.item.completion_a), len(self.item.completion_b)
        return None if a == b else "a" if a > b else "b"


def judged(items: Iterable[ReviewItem], reviews: Iterable[HumanReview]) -> list[Judged]:
    """Every pair of the sample that somebody reviewed; answers meet their item by id."""
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


def compared(pairs: Sequence[Judged]) -> list[Judged]:
    """The pairs on which the label and a person both name a side."""
    return [pair for pair in pairs if pair.compares]
