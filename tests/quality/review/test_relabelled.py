"""Pairs with people's labels: where they disagree with the judge, and nowhere else."""

from collections.abc import Mapping

import pytest

from datasets_registry.rows.review.pairs import ReviewedPair
from datasets_registry.rows.review.reviews import HumanReview
from datasets_registry.rows.review.sample import ReviewItem
from datasets_registry.rows.rlaif import CompletionPair, PreferencePair
from quality.review.relabelled import DISAGREE, REVIEWED_PAIRS
from quality.review.settings import RelabelSettings
from tests.methods.graphless import MemoryInputs, rows_of
from tests.rows import make

TIE = {"label": "tie", "p_a": 0.5, "chosen": None, "rejected": None, "failure": "too close to call"}
# the judge's label, and what reviewers say
CASES: Mapping[str, tuple[str, str]] = {
    "agreed": ("a", "a"),
    "turned": ("a", "b"),
    "most": ("a", "bba"),
    "divided": ("a", "ab"),
    "no side": ("a", "="),
    "tie": ("tie", "b"),
    "unseen": ("a", ""),
}
WORDS = {"=": "equal"}


def relabelled(disagreeing: str) -> dict[str, ReviewedPair]:
    """The pairs by the name of their case."""
    labels = [
        make(PreferencePair, name, **(TIE if label == "tie" else {})) for name, (label, _) in CASES.items()
    ]
    reviews = [
        make(HumanReview, name, item_id=name, choice=WORDS.get(choice, choice), reviewer=str(number))
        for name, (_, choices) in CASES.items()
        for number, choice in enumerate(choices)
    ]
    reviews = [review.model_copy(update={"number": number}) for number, review in enumerate(reviews)]
    inputs = MemoryInputs(
        {
            "preference_pairs": labels,
            "completion_pairs": [make(CompletionPair, name) for name in CASES],
            "review_sample": [make(ReviewItem, name, label=label) for name, (label, _) in CASES.items()],
            "human_reviews": reviews,
        }
    )
    rows = rows_of(REVIEWED_PAIRS, RelabelSettings.model_validate({"disagreeing": disagreeing}), inputs)
    return {row.prompt_id: row for row in rows}


@pytest.mark.parametrize("disagreeing", ["people", "left_out"])
def test_pairs_on_which_people_do_not_disagree_stay_as_they_are(disagreeing: str) -> None:
    rows = relabelled(disagreeing)
    assert rows.keys() == CASES.keys()
    for name in ("agreed", "divided", "no side", "unseen"):
        before = make(PreferencePair, name).model_dump()
        assert rows[name].model_dump() == before | {
            "label_source": "ai",
            "ai_label": "a",
            "num_reviewers": {"agreed": 1, "divided": 2}.get(name, 0),
        }


def test_a_disagreeing_pair_takes_peoples_label_and_says_so() -> None:
    rows = relabelled("people")
    for name, p_a in (("turned", 0.0), ("most", pytest.approx(1 / 3)), ("tie", 0.0)):
        row = rows[name]
        assert (row.label, row.chosen, row.rejected, row.failure) == ("b", "two", "one", None)
        assert (row.label_source, row.p_a, row.ai_label) == ("human", p_a, CASES[name][0])
        # what a judge measured of it is not how sure people are
        assert (row.p_helpfulness, row.logit_ab, row.p_signals) == (None, None, [])


def test_or_it_leaves_with_its_reason() -> None:
    rows = relabelled("left_out")
    for name in ("turned", "most"):
        row = rows[name]
        assert (row.label, row.chosen, row.rejected) == ("tie", None, None)
        assert (row.failure, row.label_source, row.ai_label) == (DISAGREE, "human", "a")
    assert (rows["tie"].label_source, rows["tie"].failure) == ("ai", "too close to call")
