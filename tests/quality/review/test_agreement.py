"""Agreement with labels: its figures, by hand, and what they make of a sample that is not proportional."""

from collections.abc import Mapping, Sequence

import pytest

from datasets_registry.intervals import wilson_interval
from datasets_registry.rows.review.agreement import ReviewFigure
from datasets_registry.rows.review.reviews import HumanReview
from datasets_registry.rows.review.sample import ReviewItem
from datasets_registry.rows.rlaif import PreferencePair
from quality.review.agreement import REVIEW_AGREEMENT
from quality.review.settings import ReviewGate
from tests.methods.graphless import MemoryInputs, rows_of
from tests.rows import make

Figures = Mapping[tuple[str, str, str], ReviewFigure]


def item(name: str, **fields: object) -> ReviewItem:
    return make(ReviewItem, name, **fields)


def review(number: int, item_id: str, choice: str, **fields: object) -> HumanReview:
    return make(HumanReview, item_id, number=number, item_id=item_id, choice=choice, **fields)


def figures(items: Sequence[ReviewItem], reviews: Sequence[HumanReview], **gate: object) -> Figures:
    """The figures by name, subset and part."""
    labels = [
        make(PreferencePair, item.prompt, pair_id=item.pair_id, p_a=item.p_a)
        for item in items
        if item.role == "sample"
    ]
    inputs = MemoryInputs({"review_sample": items, "human_reviews": reviews, "preference_pairs": labels})
    rows = rows_of(REVIEW_AGREEMENT, ReviewGate.model_validate(gate), inputs)
    return {(row.figure, row.subset, row.part): row for row in rows}


def hundred(agreeing: int, number: int = 100, **fields: object) -> tuple[list[ReviewItem], list[HumanReview]]:
    """Labelled items, of whose reviews so many agree."""
    items = [item(f"i{place:03}", **fields) for place in range(number)]
    reviews = [
        review(place, item.item_id, "a" if place < agreeing else "b", shown_left="ab"[place % 2])
        for place, item in enumerate(items)
    ]
    return items, reviews


@pytest.mark.parametrize(("agreeing", "holds"), [(74, False), (75, True)])
def test_the_gate_needs_75_of_100(agreeing: int, holds: bool) -> None:
    agreed = figures(*hundred(agreeing))["agreement", "all", ""]
    assert (agreed.low, agreed.high) == pytest.approx(wilson_interval(agreeing, 100))
    assert (agreed.value, agreed.num_items, agreed.holds) == (agreeing / 100, 100, holds)


def test_answers_that_name_no_side_are_counted_apart() -> None:
    items, reviews = hundred(8, 10)
    extra = [("x1", "equal"), ("x2", "both_bad"), ("x3", "cannot_judge"), ("x4", "cannot_judge")]
    items += [item(name) for name, _ in extra]
    items += [item("t1", label="tie"), item("t2", label="tie"), item("t3", label="unparsed", p_a=None)]
    told = [*extra, ("t1", "equal"), ("t2", "a"), ("t3", "both_bad")]
    reviews += [review(20 + place, name, choice) for place, (name, choice) in enumerate(told)]
    found = figures(items, reviews)
    assert found["agreement", "all", ""].value == 0.8 and found["agreement", "all", ""].num_items == 10
    shares = {name: found[name, "all", ""].value for name in ("equal", "both_bad", "cannot_judge")}
    assert shares == pytest.approx({"equal": 1 / 14, "both_bad": 1 / 14, "cannot_judge": 2 / 14})
    assert found["equal", "ties", ""].value == pytest.approx(1 / 3)


def test_weights_undo_a_sample_of_unsure_pairs() -> None:
    """Nine tenths of the version are sure and agreed on; half of the sample is not."""
    sure, of_sure = hundred(45, 50, inclusion=50 / 900, stratum="sure")
    unsure, of_unsure = hundred(25, 50, inclusion=50 / 100, stratum="unsure", confidence="unsure", p_a=0.6)
    unsure = [
        row.model_copy(update={"item_id": f"u{row.item_id}", "pair_id": f"u{row.pair_id}"}) for row in unsure
    ]
    of_unsure = [
        row.model_copy(update={"item_id": f"u{row.item_id}", "number": 50 + row.number}) for row in of_unsure
    ]
    found = figures([*sure, *unsure], [*of_sure, *of_unsure])
    assert found["agreement_unweighted", "all", ""].value == pytest.approx(0.7)
    agreed = found["agreement", "all", ""]
    assert agreed.value == pytest.approx(0.9 * 0.9 + 0.1 * 0.5)
    # unequal weights tell as much as fewer equal ones
    assert agreed.low is not None and agreed.low < wilson_interval(86, 100)[0]
    assert found["agreement", "confidence", "unsure"].value == 0.5
    assert "0.60 there" in found["agreement", "confidence", "unsure"].says


def test_a_principle_is_flagged_where_even_its_upper_end_is_too_low() -> None:
    items, reviews = hundred(80)
    bad, of_bad = hundred(2, 12, principle_id="brave")
    items += [row.model_copy(update={"item_id": f"b{row.item_id}"}) for row in bad]
    reviews += [
        row.model_copy(update={"item_id": f"b{row.item_id}", "number": 100 + row.number}) for row in of_bad
    ]
    found = figures(items, reviews)
    assert found["agreement", "principle", "brave"].flagged
    assert "review.more = { brave = 10 }" in found["agreement", "principle", "brave"].says
    assert not found["agreement", "principle", "kind"].flagged


def test_only_answers_that_count_and_are_of_the_sample_are_read() -> None:
    items, reviews = hundred(8, 10)
    reviews += [
        review(20, "i000", "b", state="replaced"),
        review(21, "i001", "b", state="withdrawn"),
        review(22, "elsewhere", "b"),
    ]
    found = figures(items, reviews, reviewed=20)
    assert found["agreement", "all", ""].value == 0.8
    assert found["waiting", "all", ""].value == 0


@pytest.mark.parametrize(("asked", "reviewed", "waiting"), [(12, 100, 4), (12, 10, 2), (8, 100, 0)])
def test_pairs_wait_until_enough_are_reviewed(asked: int, reviewed: int, waiting: int) -> None:
    items, reviews = hundred(8, 8)
    items += [item(f"w{place}") for place in range(asked - 8)]
    found = figures(items, reviews, reviewed=reviewed)["waiting", "all", ""]
    assert found.value == waiting
    assert (f"{waiting} pairs wait for review: trimtab studio" in found.says) == (waiting > 0)


def test_kappa_is_nothing_where_a_judge_always_names_one_slot() -> None:
    """Labels always name a: raw agreement is high, kappa sees no more than chance, and AC1 does not."""
    found = figures(*hundred(80))
    assert found["cohen_kappa", "all", ""].value == pytest.approx(0, abs=0.01)
    assert found["gwet_ac1", "all", ""].value == pytest.approx(0.756, abs=0.01)


def test_two_people_who_agree_less_than_with_the_labels_are_shown() -> None:
    items, reviews = hundred(9, 10)
    reviews += [
        review(20 + place, row.item_id, "a" if place % 2 else "b", reviewer="Ben")
        for place, row in enumerate(items)
    ]
    found = figures(items, reviews)
    assert found["between_people", "all", ""].value == pytest.approx(0.4)
    assert found["agreement", "reviewer", "Ada"].value == 0.9
    assert found["agreement", "reviewer", "Ben"].value == 0.5
    # two reviewers of one pair are one unit
    assert found["agreement", "all", ""].num_items == 10
    assert found["agreement", "all", ""].value == pytest.approx(0.7)


def test_attention_is_seen_in_what_is_asked_twice_and_in_gold() -> None:
    items, reviews = hundred(10, 10)
    items += [
        items[0].model_copy(update={"item_id": "again", "role": "duplicate"}),
        item("gold", role="gold", label="b", inclusion=None, stratum_pairs=None),
    ]
    reviews += [review(20, "again", "b"), review(21, "gold", "a", seconds=0.5)]
    found = figures(items, reviews)
    assert found["same_twice", "all", ""].value == 0
    assert found["gold_right", "all", ""].value == 0
    assert found["hasty", "reviewer", "Ada"].value == pytest.approx(1 / 12)
    assert found["seconds", "reviewer", "Ada"].value == 5
    # neither counts for agreement
    assert found["agreement", "all", ""].num_items == 10


def test_likings_for_length_and_place_are_shown_of_people_and_of_the_judge() -> None:
    items = [
        item(f"i{place}", completion_a="long " * 5, completion_b="short", label="ab"[place % 2], p_first=0.7)
        for place in range(10)
    ]
    reviews = [review(place, row.item_id, "a", shown_left="a") for place, row in enumerate(items)]
    found = figures(items, reviews)
    assert found["longer_by_people", "all", ""].value == 1
    assert found["longer_by_judge", "all", ""].value == 0.5
    assert found["left_by_people", "all", ""].value == 1
    assert found["first_by_judge", "all", ""].value == pytest.approx(0.7)


def test_without_a_review_nothing_holds_and_nothing_is_guessed() -> None:
    found = figures([item("i1")], [])
    assert found["agreement", "all", ""].value is None and found["agreement", "all", ""].holds is False
    assert found["true_agreement", "all", ""].value is None
