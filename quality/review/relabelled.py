"""Preference pairs with people's labels: disagreeing pairs take theirs, or leave."""

from collections.abc import Iterator, Mapping

from datasets_registry.rows.review.pairs import ReviewedPair
from datasets_registry.rows.review.reviews import HumanReview
from datasets_registry.rows.review.sample import ReviewItem
from datasets_registry.rows.rlaif import CompletionPair, PreferencePair
from methods.method import Inputs, Method, Models
from quality.review.joined import Judged, judged
from quality.review.settings import RelabelSettings

DISAGREE = "people name the other completion"
NO_SIDE: Mapping[str, object] = {"chosen": None, "rejected": None}
# what a judge measured, which is not how sure people are
_NOT_PEOPLES: Mapping[str, object] = {
    "p_harmlessness": None,
    "p_helpfulness": None,
    "p_honesty": None,
    "p_signals": [],
    "logit_ab": None,
    "logit_ba": None,
}


def make_reviewed_pairs(inputs: Inputs, models: Models, settings: RelabelSettings) -> Iterator[ReviewedPair]:
    """One row per pair, with the source of its label."""
    reviewed = {
        pair.item.pair_id: pair
        for pair in judged(inputs.rows(ReviewItem), inputs.stream(HumanReview))
        if pair.named
    }
    texts = {pair.pair_id: pair for pair in inputs.stream(CompletionPair) if pair.pair_id in reviewed}
    for pair in inputs.stream(PreferencePair):
        seen = reviewed.get(pair.pair_id)
        yield _row(pair, seen, texts[pair.pair_id], settings) if seen else _kept(pair, 0)


def _kept(pair: PreferencePair, reviewers: int) -> ReviewedPair:
    return _as_reviewed(pair, {"label_source": "ai", "num_reviewers": reviewers})


def _as_reviewed(pair: PreferencePair, changes: Mapping[str, object]) -> ReviewedPair:
    values = {name: getattr(pair, name) for name in PreferencePair.model_fields}
    return ReviewedPair.model_validate(values | {"ai_label": pair.label} | dict(changes))


def _row(
    pair: PreferencePair, seen: Judged[ReviewItem], texts: CompletionPair, settings: RelabelSettings
) -> ReviewedPair:
    """The pair as most of its reviewers say; where they are divided, the label stays."""
    p_a, reviewers = seen.share("a"), len(seen.named)
    label = "a" if p_a > 0.5 else "b"
    if p_a == 0.5 or label == pair.label:
        return _kept(pair, reviewers)
    human = {"label_source": "human", "num_reviewers": reviewers}
    if settings.disagreeing == "left_out":
        # a tie of the judge has no side that people could name the other of
        is_tie = pair.label not in ("a", "b")
        return _kept(pair, reviewers) if is_tie else _left_out(pair, human)
    chosen, rejected = (
        (texts.completion_a, texts.completion_b) if label == "a" else (texts.completion_b, texts.completion_a)
    )
    taken = {"label": label, "p_a": p_a, "chosen": chosen, "rejected": rejected, "failure": None}
    return _as_reviewed(pair, {**_NOT_PEOPLES, **human, **taken})


def _left_out(pair: PreferencePair, human: Mapping[str, object]) -> ReviewedPair:
    return _as_reviewed(pair, {**human, **NO_SIDE, "label": "tie", "failure": DISAGREE})


REVIEWED_PAIRS = Method(run=make_reviewed_pairs, settings=RelabelSettings, rows=ReviewedPair)
