"""What bounds say of changes, by the point and by the interval."""

from dataclasses import replace

import pytest
from pydantic import ValidationError

from datasets_registry.rows.rounds.watch import Outcome
from quality.rounds.bounds import watched
from quality.rounds.change import Change
from quality.rounds.settings import Bound, TaxGuard

GUARD = TaxGuard().bound


def change(
    moved: float | None, half: float | None = 0.01, num_items: int = 1_000, family: str = "all"
) -> Change:
    """A change of capability with a 95 % interval of ``half`` to either side."""
    interval = None if moved is None or half is None else (moved - half, moved + half)
    return Change(
        "capability",
        "capability",
        "difference",
        0.7,
        0.7,
        moved,
        interval,
        num_items,
        num_items,
        family,
        note=None if moved is not None else "the suite capability was not asked",
    )


def outcome(moved: Change, bound: Bound, round_number: int = 1) -> tuple[Outcome, str]:
    (row,) = watched(round_number, [(moved, bound)], 0.05)
    return row.outcome, row.note


@pytest.mark.parametrize(
    ("moved", "half", "num_items", "expected", "why"),
    [
        (0.0, 0.01, 1_000, "ok", "within its bounds"),
        (-0.025, 0.01, 1_000, "warn", "beyond -0.02"),
        (-0.035, 0.01, 1_000, "stop", "beyond -0.03"),
        # a point beyond the bound whose interval holds no change at all may be chance
        (-0.035, 0.04, 1_000, "warn", "does not bear it out"),
        # few items stop by the whole interval alone
        (-0.035, 0.01, 999, "warn", "does not bear it out"),
        (-0.08, 0.01, 999, "stop", "beyond -0.03"),
        # and cannot say that nothing is lost
        (0.0, 0.05, 100, "warn", "100 items cannot tell whether the bound is kept: take 1000 or more"),
        (0.0, 0.001, 100, "ok", "within its bounds"),
        (None, None, 0, "unmeasured", "was not asked"),
        (-0.5, None, 100, "warn", "does not bear it out"),
    ],
)
def test_a_loss_of_capability(
    moved: float | None, half: float | None, num_items: int, expected: Outcome, why: str
) -> None:
    said, note = outcome(change(moved, half, num_items), GUARD)
    assert said == expected
    assert why in note


@pytest.mark.parametrize(
    ("num_missing", "expected"), [(0, "stop"), (1, "stop"), (50, "stop"), (51, "warn"), (300, "warn")]
)
def test_a_few_missing_answers_of_1000_items_do_not_change_what_decides(
    num_missing: int, expected: Outcome
) -> None:
    paired = change(-0.035, 0.01, 1_000 - num_missing)
    said, _ = outcome(replace(paired, missing=num_missing / 1_000), GUARD)
    assert said == expected


def test_what_stops_in_round_one_may_only_warn_in_round_eight() -> None:
    assert outcome(change(-0.04, 0.027), GUARD, 1)[0] == "stop"
    assert outcome(change(-0.04, 0.027), GUARD, 8)[0] == "warn"


def test_bounds_on_both_sides_and_none() -> None:
    both = Bound(warn_below=-0.25, warn_above=0.25, stop_below=-0.5, stop_above=1.0)
    said = [outcome(change(moved), both)[0] for moved in (-0.6, -0.3, 0.0, 0.3, 1.2)]
    assert said == ["stop", "warn", "ok", "warn", "stop"]
    assert outcome(change(-0.9), Bound()) == ("ok", "it has no bounds")


def test_many_missing_answers_warn() -> None:
    moved = Change("capability", "capability", "difference").paired([("a", 1.0, 1.0), ("b", 0.0, 0.0)], 2)
    said, note = outcome(moved, Bound(stop_below=-2.0))
    assert (said, note) == ("warn", "50% of the answers or grades are missing")


def test_families_share_the_chance_stepwise() -> None:
    lost, kept = change(-0.06, family="facts"), change(0.0, family="reasoning")
    bounded = [(lost, GUARD), (kept, GUARD)]
    alone = {row.family: row.level for row in watched(1, [(lost, GUARD)], 0.05)}
    levels = {row.family: row.level or 0.0 for row in watched(1, bounded, 0.05)}
    # the nearest to the bound is held to half of the chance, and once it stops the other has the whole
    assert levels["facts"] > levels["reasoning"] == alone["facts"]
    # none that stops leaves nothing
    calm = {row.level for row in watched(1, [(change(0.0, family=name), GUARD) for name in "ab"], 0.05)}
    assert calm == {levels["facts"]}


def test_pairs_of_one_cluster_count_once() -> None:
    pairs = [("a", 1.0, 0.0), ("a", 1.0, 0.0), ("b", 0.0, 0.0)]
    moved = Change("capability", "capability", "difference").paired(pairs)
    assert (moved.change, moved.num_items, moved.num_clusters) == (0.5, 3, 2)
    # where nothing changed, what so few can have missed is in the interval
    still = Change("capability", "capability", "difference").paired([(name, 1.0, 1.0) for name in "abcd"])
    assert still.change == 0.0
    assert still.interval is not None
    assert still.interval[0] < -0.1 < 0.1 < still.interval[1]


@pytest.mark.parametrize(
    ("bounds", "why"),
    [
        ({"warn_below": -0.5, "stop_below": -0.2}, "warn_below -0.5 is beyond stop_below -0.2"),
        ({"warn_above": 0.5, "stop_above": 0.2}, "warn_above 0.5 is beyond stop_above 0.2"),
        ({"stop_below": 0.2, "warn_above": 0.1}, "no change keeps both"),
    ],
)
def test_bounds_that_nothing_keeps_are_refused(bounds: dict[str, float], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        Bound(**bounds)
