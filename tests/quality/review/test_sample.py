"""The review sample: strata, inclusion probabilities, and what a larger sample keeps."""

from collections import Counter
from collections.abc import Sequence

import pytest

from datasets_registry.errors import BadInput
from datasets_registry.rows.imported import ChatMessage, HumanPreference
from datasets_registry.rows.review.sample import ReviewItem
from datasets_registry.rows.rlaif import CompletionPair, PreferencePair
from quality.review.sample import REVIEW_SAMPLE
from quality.review.settings import SampleSettings
from tests.methods.graphless import MemoryInputs, rows_of
from tests.rows import make

# pairs of each principle, of which one is rare
SIZES = {"kind": 600, "honest": 240, "calm": 40, "rare": 3}
QUESTIONS = {principle: f"Which is more {principle}?" for principle in SIZES}


def pairs() -> list[PreferencePair]:
    """Labelled pairs of every principle, some of them unsure or disagreeing, and a few ties."""
    rows = []
    for principle, size in SIZES.items():
        for place in range(size):
            p_a = (0.55, 0.75, 0.95, 0.97)[place % 4]
            rows.append(
                make(
                    PreferencePair,
                    f"{principle} {place}",
                    principle_id=principle,
                    principles=[principle],
                    p_a=p_a,
                    judges_disagree=place % 8 == 0,
                )
            )
    tie = {"label": "tie", "chosen": None, "rejected": None, "p_a": 0.5, "failure": "too close to call"}
    rows += [make(PreferencePair, f"tie {place}", **tie) for place in range(50)]
    return [*rows, make(PreferencePair, "nobody", label="unjudged", chosen=None, rejected=None, p_a=None)]


PAIRS = pairs()


def sampled(number: int, labelled: Sequence[PreferencePair] = PAIRS, **settings: object) -> list[ReviewItem]:
    """The items of a sample."""
    completions = [make(CompletionPair, pair.prompt_id) for pair in labelled]
    people = [
        make(HumanPreference, f"people {place}", messages=[ChatMessage(role="user", content="?")])
        for place in range(9)
    ]
    inputs = MemoryInputs(
        {"preference_pairs": labelled, "completion_pairs": completions, "human_preferences": people}
    )
    made = SampleSettings.model_validate({"number": number, "questions": QUESTIONS, **settings})
    return rows_of(REVIEW_SAMPLE, made, inputs)


def drawn_ids(items: Sequence[ReviewItem]) -> set[str]:
    return {item.pair_id for item in items if item.role == "sample"}


def test_a_hundred_are_drawn_of_every_principle_with_a_tenth_from_ties() -> None:
    items = [item for item in sampled(100) if item.role == "sample"]
    counts = Counter(item.principle_id for item in items if item.label == "a")
    assert len(items) == 100 and sum(item.label == "tie" for item in items) == 10
    assert counts["rare"] == 3 and all(counts[principle] >= 5 for principle in ("kind", "honest", "calm"))
    assert counts["kind"] > counts["honest"] > counts["calm"]
    assert not any(item.pair_id == "pair nobody" for item in items)
    assert {item.question for item in items if item.principle_id == "calm"} == {QUESTIONS["calm"]}


def test_every_pair_has_a_chance_and_the_weights_count_the_version() -> None:
    """Each stratum's weights sum to its pairs, and all strata together to all that were judged."""
    items = [item for item in sampled(100) if item.role == "sample"]
    assert sum(1 / item.inclusion for item in items if item.inclusion) == pytest.approx(len(PAIRS) - 1)
    shares = {item.confidence for item in items if item.principle_id == "kind" and item.label == "a"}
    assert shares == {"unsure", "fairly sure", "sure"}


@pytest.mark.parametrize("more", [105, 150, 400])
def test_a_larger_sample_keeps_the_smaller(more: int) -> None:
    few, many = sampled(100), sampled(more)
    assert drawn_ids(few) < drawn_ids(many)
    assert {item.item_id for item in few} <= {item.item_id for item in many}


def test_ten_more_of_a_principle_leave_the_others_as_they_are() -> None:
    few, many = sampled(100), sampled(100, more={"calm": 10})
    added = [item for item in many if item.pair_id in drawn_ids(many) - drawn_ids(few)]
    assert len(added) == 10 and {item.principle_id for item in added} == {"calm"}


def test_most_of_a_sample_stays_where_a_twentieth_of_the_pairs_is_new() -> None:
    changed = [
        pair.model_copy(update={"pair_id": f"new {pair.pair_id}", "prompt_id": f"new {pair.prompt_id}"})
        if place % 20 == 0
        else pair
        for place, pair in enumerate(PAIRS)
    ]
    before = drawn_ids(sampled(100))
    completions = [make(CompletionPair, pair.prompt_id, pair_id=pair.pair_id) for pair in changed]
    inputs = MemoryInputs({"preference_pairs": changed, "completion_pairs": completions})
    after = drawn_ids(rows_of(REVIEW_SAMPLE, SampleSettings(questions=QUESTIONS), inputs))
    assert len(before & after) >= 85


def test_a_few_are_asked_twice_and_a_few_are_peoples_own() -> None:
    items = sampled(100)
    places = {(item.pair_id, item.role): item.position for item in items}
    twice = [item for item in items if item.role == "duplicate"]
    gold = [item for item in items if item.role == "gold"]
    assert len(twice) == 5 and all(places[item.pair_id, "sample"] < item.position for item in twice)
    assert len(gold) == 5 and all(item.inclusion is None for item in gold)
    right = {item.completion_a if item.label == "a" else item.completion_b for item in gold}
    assert right == {"better"} or len(right) == 1
    assert sorted(item.position for item in items) == list(range(len(items)))


def test_a_sample_too_small_for_its_principles_is_refused() -> None:
    with pytest.raises(BadInput, match="4 principles of 5 pairs each take 18"):
        sampled(15)
    with pytest.raises(BadInput, match="review.more names 'brave'"):
        sampled(100, more={"brave": 10})
