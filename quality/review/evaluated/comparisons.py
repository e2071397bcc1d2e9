"""Comparisons with the baseline that people review: both answers side by side, blind to which is whose."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from datasets_registry.hashing import content_id
from datasets_registry.rows.evaluation import EvaluationItem, SuiteAnswer
from datasets_registry.rows.imported import ChatMessage
from datasets_registry.rows.review.sample import ReviewItem
from methods.evaluation.conversations import conversation
from methods.evaluation.judged.wins import POINTS, WIN
from methods.evaluation.suite import Answered, ItemId, place_of
from methods.method import Inputs, Method, Models
from quality.review.absolute.drawing import DrawnOf, drawn_of, in_order
from quality.review.settings import GENERAL_QUESTION, ComparisonSelection
from quality.review.strata import band_of

_LABELS: Mapping[str, Literal["a", "b", "tie"]] = {"win": "a", "loss": "b", "tie": "tie"}


@dataclass(frozen=True)
class Comparison:
    """A model's answer (a) beside the baseline's (b), and the judge's word: ``same`` is of equal texts."""

    answered: Answered
    against: SuiteAnswer
    word: str
    p_win: float

    @property
    def subject_id(self) -> str:
        """What a review is matched by."""
        answer = self.answered.answer
        return "/".join(
            (answer.model, answer.suite, answer.item_id, answer.variant, str(answer.sample), "win")
        )

    @property
    def stratum(self) -> str:
        """What it is drawn from."""
        answer = self.answered.answer
        return f"{answer.model}, {answer.suite}, {self.word}"

    @property
    def points(self) -> float:
        """A win is one, and a tie half."""
        return POINTS[self.word]


def comparisons(inputs: Inputs, baseline: str) -> Iterator[Comparison]:
    """Every answer that the judge compared with the baseline's; pairs of equal texts, too."""
    items = {(item.suite, item.item_id, item.variant): item for item in inputs.rows(EvaluationItem)}
    theirs: dict[ItemId, SuiteAnswer] = {
        place_of(answer): answer for answer in inputs.stream(SuiteAnswer) if answer.model == baseline
    }
    for answer in inputs.stream(SuiteAnswer):
        item, against = (
            items.get((answer.suite, answer.item_id, answer.variant)),
            theirs.get(place_of(answer)),
        )
        if item is None or against is None or answer.model == baseline or answer.failure:
            continue
        win = Answered(item, answer).grade(WIN)
        if win is not None and win.word is not None and win.value is not None:
            yield Comparison(Answered(item, answer), against, win.word, win.value)


def make_comparison_sample(inputs: Inputs, models: Models, settings: ComparisonSelection) -> list[ReviewItem]:
    """Comparisons that people review; two texts that are the same need nobody."""

    def differing() -> Iterator[Comparison]:
        return (each for each in comparisons(inputs, settings.baseline) if each.word in _LABELS)

    drawn = drawn_of(((each.subject_id, each.stratum) for each in differing()), settings)
    items = [_item(each, settings, drawn) for each in differing() if each.subject_id in drawn.ranks]
    return in_order(items, settings.seed)


def _item(each: Comparison, settings: ComparisonSelection, drawn: DrawnOf) -> ReviewItem:
    item, answer = each.answered.item, each.answered.answer
    *history, last = conversation(item, answer)
    question = settings.questions.get(item.suite, GENERAL_QUESTION)
    texts = each.answered.text, Answered(item, each.against).text
    return ReviewItem(
        item_id=content_id(each.subject_id, texts, question),
        pair_id=each.subject_id,
        role="sample",
        position=0,
        question=question,
        prompt=last.content,
        history=[ChatMessage(role=turn.role, content=turn.content) for turn in history],
        completion_a=texts[0],
        completion_b=texts[1],
        split_group=answer.cluster,
        principle_id=None,
        confidence=band_of(each.p_win),
        disagrees=False,
        stratum=each.stratum,
        stratum_pairs=drawn.sizes[each.stratum],
        inclusion=drawn.inclusion(each.stratum),
        label=_LABELS[each.word],
        p_a=each.p_win,
        p_first=None,
    )


COMPARISON_SAMPLE = Method(run=make_comparison_sample, settings=ComparisonSelection, rows=ReviewItem)
