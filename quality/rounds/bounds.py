"""What the bounds say of the changes of a round: ok, warn, stop or unmeasured, each with its reason."""

import math
from collections.abc import Sequence
from itertools import groupby
from typing import Literal

from datasets_registry.rows.rounds.watch import Outcome, RoundWatch
from methods.evaluation.measures import Interval
from quality.evaluation.figures import MISSING
from quality.rounds.change import Change
from quality.rounds.settings import Bound
from quality.rounds.spending import spent, tail_of, widened

Bounded = tuple[Change, Bound]
Rule = Literal["point", "interval"]
_SLIGHT = 1e-12


def watched(round_number: int, bounded: Sequence[Bounded], chance: float) -> list[RoundWatch]:
    """The rows of a round; figures of one concern share its chance stepwise (Holm 1979)."""
    in_order = sorted(bounded, key=lambda each: each[0].concern)
    rows: list[RoundWatch] = []
    for _, group in groupby(in_order, key=lambda each: each[0].concern):
        rows += _stepwise(round_number, sorted(group, key=_nearness), chance)
    return sorted(rows, key=lambda row: (row.figure, row.family))


def _stepwise(round_number: int, group: Sequence[Bounded], chance: float) -> list[RoundWatch]:
    """The rows of one concern, those nearest to a stop first: each that stops leaves the others more."""
    remaining = sum(bound.num_stops > 0 and change.interval is not None for change, bound in group)
    share = spent(chance, group[0][0].concern, round_number)
    rows = []
    for change, bound in group:
        row = _row(round_number, change, bound, tail_of(share, remaining, bound.num_stops))
        remaining -= row.outcome == "stop"
        rows.append(row)
    return rows


def _nearness(bounded: Bounded) -> float:
    """How many half intervals a change is from what would stop it; less is nearer."""
    change, bound = bounded
    if change.change is None or change.interval is None:
        return math.inf
    by_point = _rule(change, bound) == "point"
    low, high = change.interval
    distances = [math.inf]
    if bound.stop_below is not None:
        limit = 0.0 if by_point else bound.stop_below
        distances.append((change.change - limit) / max(high - change.change, _SLIGHT))
    if bound.stop_above is not None:
        limit = 0.0 if by_point else bound.stop_above
        distances.append((limit - change.change) / max(change.change - low, _SLIGHT))
    return min(distances)


def _rule(change: Change, bound: Bound) -> Rule:
    """What decides: the interval where there are too few items."""
    return "interval" if _is_few(change, bound) else bound.by


def _is_few(change: Change, bound: Bound) -> bool:
    # a bound that asks for one item asks for none: a training run may not tell how many it had
    return bound.items > 1 and _num_asked(change) < bound.items


def _num_asked(change: Change) -> int:
    """The items that were asked, where few of them are missing: one lost answer of 1,000 changes no rule."""
    if change.missing > MISSING:
        return change.num_items
    return round(change.num_items / (1 - change.missing))


def _row(round_number: int, change: Change, bound: Bound, tail: float) -> RoundWatch:
    interval = None
    if change.change is not None and change.interval is not None:
        interval = widened(change.change, change.interval, change.num_clusters, tail)
    outcome, why = _outcome(change, bound, interval)
    bounds = bound.model_dump(include={"warn_below", "warn_above", "stop_below", "stop_above"})
    return RoundWatch(
        round=round_number,
        figure=change.figure,
        family=change.family,
        concern=change.concern,
        scale=change.scale,
        value=change.value,
        baseline=change.baseline,
        change=change.change,
        low=interval[0] if interval else None,
        high=interval[1] if interval else None,
        level=1 - 2 * tail if interval else None,
        num_items=change.num_items,
        by=_rule(change, bound) if bound.num_stops else None,
        outcome=outcome,
        note=f"{why}; {change.note}" if change.note and outcome != "unmeasured" else why,
        **bounds,
    )


def _outcome(change: Change, bound: Bound, interval: Interval | None) -> tuple[Outcome, str]:
    if change.change is None:
        return "unmeasured", change.note or "nothing to measure"
    past = _past(change.change, bound.stop_below, bound.stop_above)
    if past is not None and _stops(
        change.change, bound, interval, by_interval=_rule(change, bound) != "point"
    ):
        return "stop", f"{change.change:+.3g} is beyond {past:+g}"
    if past is not None:
        return "warn", f"{change.change:+.3g} is beyond {past:+g}, but its interval does not bear it out"
    warned = _past(change.change, bound.warn_below, bound.warn_above)
    if warned is not None:
        return "warn", f"{change.change:+.3g} is beyond {warned:+g}"
    if _is_few(change, bound) and not _keeps(bound, interval):
        return "warn", (
            f"{change.num_items} items cannot tell whether the bound is kept: take {bound.items} or more"
        )
    if change.missing > MISSING:
        return "warn", f"{change.missing:.0%} of the answers or grades are missing"
    return "ok", "within its bounds" if _is_bounded(bound) else "it has no bounds"


def _past(change: float, below: float | None, above: float | None) -> float | None:
    """The bound that a change is beyond."""
    if below is not None and change < below:
        return below
    return above if above is not None and change > above else None


def _stops(change: float, bound: Bound, interval: Interval | None, *, by_interval: bool) -> bool:
    """Whether the interval bears out that the bound is broken; a figure without one stops by point alone."""
    if interval is None:
        return not by_interval
    low, high = interval
    if not by_interval:
        return not low <= 0 <= high
    return (bound.stop_below is not None and high < bound.stop_below) or (
        bound.stop_above is not None and low > bound.stop_above
    )


def _keeps(bound: Bound, interval: Interval | None) -> bool:
    if interval is None:
        return False
    return (
        _past(interval[0], bound.stop_below, None) is None
        and _past(interval[1], None, bound.stop_above) is None
    )


def _is_bounded(bound: Bound) -> bool:
    return any(
        limit is not None
        for limit in (bound.warn_below, bound.warn_above, bound.stop_below, bound.stop_above)
    )
