"""Figures of evaluation by people: the doubly robust form, of all grades and the reviewed answers."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from datasets_registry.rows.review.labels import LabelItem
from datasets_registry.rows.review.reviewed import ReviewedFigure
from datasets_registry.rows.review.reviews import HumanReview
from datasets_registry.rows.review.sample import ReviewItem
from methods.method import Inputs, Method, Models
from quality.review.absolute.answers import answers
from quality.review.evaluated.comparisons import Comparison, comparisons
from quality.review.joined import Judged, judged
from quality.review.settings import ReviewedSettings
from quality.review.weighted import Reviewed, Share, doubly_robust

# what an answer that names no side is worth to the model; who cannot judge says nothing
_EVEN = ("equal", "both_bad")
Answer = tuple[str, str, str, str, tuple[str, ...]]


def make_reviewed_figures(inputs: Inputs, models: Models, settings: ReviewedSettings) -> list[ReviewedFigure]:
    """Of each model and suite of which people reviewed something: shares of words, and win rates."""
    reviews = inputs.rows(HumanReview)
    labels = {each.item.pair_id: each for each in judged(inputs.rows(LabelItem), reviews) if each.named}
    pairs = {each.item.pair_id: each for each in judged(inputs.rows(ReviewItem), reviews)}
    whole = [
        (each.model or "", each.part, each.subject_id, each.label, each.choices) for each in answers(inputs)
    ]
    compared = list(comparisons(inputs, settings.baseline)) if pairs else []
    return [*_of_words(whole, labels), *_of_wins(compared, pairs)]


def _of_words(whole: Sequence[Answer], labels: dict[str, Judged[LabelItem]]) -> Iterator[ReviewedFigure]:
    of_suites: dict[tuple[str, str], list[Answer]] = {}
    for each in whole:
        of_suites.setdefault(each[:2], []).append(each)
    for (model, suite), of_suite in sorted(of_suites.items()):
        seen = [labels[each[2]] for each in of_suite if each[2] in labels]
        for word in dict.fromkeys(word for *_, choices in of_suite for word in choices[:-1]):
            predicted = [float(label == word) for *_, label, choices in of_suite if word in choices]
            reviewed = [
                Reviewed(each.share(word), float(each.item.label == word), each.weight)
                for each in seen
                if word in each.item.words
            ]
            yield from _figure(model, suite, word, predicted, doubly_robust(predicted, reviewed))


def _of_wins(
    compared: Sequence[Comparison], pairs: dict[str, Judged[ReviewItem]]
) -> Iterator[ReviewedFigure]:
    of_suites: dict[tuple[str, str], list[Comparison]] = {}
    for each in compared:
        answer = each.answered.answer
        of_suites.setdefault((answer.model, answer.suite), []).append(each)
    for (model, suite), of_suite in sorted(of_suites.items()):
        differing = [each for each in of_suite if each.word != "same"]
        reviewed = [
            Reviewed(points, each.points, pairs[each.subject_id].weight)
            for each in differing
            if each.subject_id in pairs and (points := _points(pairs[each.subject_id])) is not None
        ]
        share = doubly_robust([each.points for each in differing], reviewed)
        graded = [each.points for each in of_suite]
        yield from _figure(
            model, suite, "win_rate", graded, share and _with_same(share, len(differing), len(of_suite))
        )


def _points(pair: Judged[ReviewItem]) -> float | None:
    """The model's share of its reviewers' points; None where none of them could judge."""
    given = [
        0.5 if review.choice in _EVEN else float(review.choice == "a")
        for review in pair.reviews
        if review.choice != "cannot_judge"
    ]
    return sum(given) / len(given) if given else None


def _with_same(share: Share, differing: int, number: int) -> Share:
    """The share with answers that are the same, which are half a win whoever looks."""
    part = differing / number
    even = (1 - part) / 2
    ends = (part * end + even for end in (share.value, share.low, share.high))
    value, low, high = ends
    return replace(share, value=value, low=low, high=high)


def _figure(
    model: str, suite: str, figure: str, graded: Sequence[float], share: Share | None
) -> Iterator[ReviewedFigure]:
    """The row; none where people reviewed fewer than two."""
    if share is not None:
        yield ReviewedFigure(
            model=model,
            suite=suite,
            figure=figure,
            graded=sum(graded) / len(graded),
            num_answers=len(graded),
            value=share.value,
            low=share.low,
            high=share.high,
            num_reviewed=share.num_items,
        )


REVIEWED_FIGURES = Method(run=make_reviewed_figures, settings=ReviewedSettings, rows=ReviewedFigure)
