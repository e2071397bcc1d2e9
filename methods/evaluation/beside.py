"""Variants of items side by side: what changes from one to the other, paired by item."""

import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from datasets_registry.rows.evaluation import Better
from methods.evaluation.measures import Interval, Measure, mean_of, share
from methods.evaluation.suite import Answered

# an item with what its variants have in common beside it, such as the order of its options
Place = tuple[str, str]
# a number; None where a grade is missing
Number = float | None


@dataclass(frozen=True)
class Side:
    """The answers to one form of the items, by their place."""

    answers: Mapping[Place, Answered]

    def share(self, metric: str, better: Better, value: Callable[[Answered], Number]) -> Measure:
        """The share of answers of which ``value`` is 1."""
        numbers = [(answered.item.cluster, value(answered)) for answered in self.answers.values()]
        return _measure(share, metric, better, numbers)

    def share_where(
        self,
        metric: str,
        better: Better,
        applies: Callable[[Answered], Number],
        value: Callable[[Answered], Number],
    ) -> Measure:
        """The same, of the answers of which ``applies`` is 1; where that is missing, so is the answer."""
        held = {place: answered for place, answered in self.answers.items() if applies(answered) != 0}
        return Side(held).share(metric, better, lambda answered: _if(applies(answered), value(answered)))


@dataclass(frozen=True)
class Pairs:
    """One form of the items beside another."""

    treated: Side
    control: Side

    def effect(
        self,
        metric: str,
        better: Better,
        value: Callable[[Answered], Number],
        limits: Interval | None = (-1.0, 1.0),
    ) -> Measure:
        """``value`` of the treated answers less that of their controls, both of the same items."""
        return self.mean(
            metric,
            better,
            lambda treated, control: of_both(operator.sub, value(treated), value(control)),
            limits,
        )

    def mean(
        self,
        metric: str,
        better: Better,
        value: Callable[[Answered, Answered], Number],
        limits: Interval | None = (-1.0, 1.0),
    ) -> Measure:
        """The mean of ``value``, which lies between ``limits``; a pair that lacks an answer is missing."""
        return replace(_measure(mean_of, metric, better, self._numbers(value)), limits=limits)

    def share(self, metric: str, better: Better, value: Callable[[Answered, Answered], Number]) -> Measure:
        """The share of pairs of which ``value`` is 1."""
        return _measure(share, metric, better, self._numbers(value))

    def where(self, applies: Callable[[Answered], Number]) -> "Pairs":
        """The pairs without those of which ``applies`` is 0 for either answer."""
        dropped = {
            place
            for side in (self.treated, self.control)
            for place, answered in side.answers.items()
            if applies(answered) == 0
        }
        return Pairs(_without(self.treated, dropped), _without(self.control, dropped))

    def _numbers(self, value: Callable[[Answered, Answered], Number]) -> list[tuple[str, Number]]:
        numbers: list[tuple[str, Number]] = []
        for place in dict.fromkeys([*self.treated.answers, *self.control.answers]):
            treated, control = self.treated.answers.get(place), self.control.answers.get(place)
            if treated is None or control is None:
                there = treated or control
                assert there is not None
                numbers.append((there.item.cluster, None))
            else:
                numbers.append((treated.item.cluster, value(treated, control)))
        return numbers


def sides(answers: Iterable[Answered]) -> dict[str, Side]:
    """The answers by the form of their variant, which stands before a slash where there is more in it."""
    by_form: dict[str, dict[Place, Answered]] = {}
    for answered in answers:
        form, _, rest = answered.item.variant.partition("/")
        by_form.setdefault(form, {})[answered.item.item_id, rest] = answered
    return {form: Side(held) for form, held in by_form.items()}


def by_category(answers: Iterable[Answered]) -> dict[str, list[Answered]]:
    """The answers by the category of their item."""
    held: dict[str, list[Answered]] = {}
    for answered in answers:
        held.setdefault(answered.item.category, []).append(answered)
    return held


def of_both(combine: Callable[[float, float], float], first: Number, second: Number) -> Number:
    """What ``combine`` makes of two numbers; None where one is missing."""
    return None if first is None or second is None else combine(first, second)


def graded(name: str) -> Callable[[Answered], Number]:
    """The number of the grade of that name."""

    def value(answered: Answered) -> Number:
        grade = answered.grade(name)
        return None if grade is None else grade.value

    return value


def _measure(
    of: Callable[[str, Better, Sequence[tuple[str, float]], int], Measure],
    metric: str,
    better: Better,
    numbers: Sequence[tuple[str, Number]],
) -> Measure:
    there = [(cluster, number) for cluster, number in numbers if number is not None]
    return of(metric, better, there, len(numbers) - len(there))


def _if(condition: Number, value: Number) -> Number:
    return None if condition is None else value


def _without(side: Side, dropped: set[Place]) -> Side:
    return Side({place: answered for place, answered in side.answers.items() if place not in dropped})
