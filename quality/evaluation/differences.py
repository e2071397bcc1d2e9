"""Each model's figures less a baseline's, on what both answered."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from datasets_registry.errors import BadInput
from datasets_registry.rows.evaluation import EvaluationDifference, EvaluationItem, SuiteAnswer
from datasets_registry.settings import Settings
from methods.evaluation.canaries.texts import is_canary
from methods.evaluation.measures import Interval, Measure, Values
from methods.evaluation.suite import Answered, Suite
from methods.evaluation.suites.named import SUITES
from methods.method import Inputs, Method, Models
from quality.evaluation.answered import ByModel, answered, pairs
from quality.evaluation.axes import COMPOSITE, CompositeSettings
from quality.evaluation.composite import composite
from quality.evaluation.drawing import Drawing, Drawn, about, drawing_axes, drawn_interval
from quality.evaluation.figures import known
from quality.evaluation.permutation import Name, Swaps, holm, p_value, swapped_differences, together

CHANCE = 0.05
AXES = CompositeSettings()
# a model's answers, by suite
BySuite = Mapping[str, Sequence[Answered]]


class DifferenceSettings(Settings):
    """Which model the others are compared with, and the axes of the composite."""

    baseline: str
    composite: CompositeSettings = CompositeSettings()


def make_differences(
    inputs: Inputs, models: Models, settings: DifferenceSettings
) -> list[EvaluationDifference]:
    """The differences of every model from the baseline."""
    asked = answered(inputs.rows(EvaluationItem), inputs.stream(SuiteAnswer))
    return list(differences(asked, settings.baseline, settings.composite))


def differences(
    asked: ByModel,
    baseline: str,
    axes: CompositeSettings = AXES,
    suites: Mapping[str, Suite] = SUITES,
) -> Iterator[EvaluationDifference]:
    """The differences of each model but canaries; raises BadInput where no other model is compared."""
    others = [model for model in asked if model != baseline and not is_canary(model)]
    if baseline not in asked:
        raise BadInput(f"the baseline {baseline!r} has no answers: name one of {', '.join(asked)}")
    if not others:
        raise BadInput(f"the baseline {baseline!r} would be compared with itself: evaluate another model too")
    drawing, swaps = Drawing(), Swaps()
    for model in others:
        by_suite = _by_suite(asked[model], asked[baseline], suites)
        rows = [
            comparison.row(model, baseline, suite, drawing.of, swaps)
            for suite, comparisons in by_suite.items()
            for comparison in comparisons
        ]
        rows += _of_composite(model, baseline, by_suite, axes, swaps)
        yield from _corrected(rows)


def _by_suite(
    ours: BySuite, theirs: BySuite, suites: Mapping[str, Suite]
) -> Mapping[str, Sequence["Comparison"]]:
    """The figures of both on each suite that both were asked."""
    return {
        name: list(compared(known(name, suites), *pairs(answers, theirs[name])))
        for name, answers in ours.items()
        if name in theirs
    }


def _of_composite(
    model: str,
    baseline: str,
    by_suite: Mapping[str, Sequence["Comparison"]],
    axes: CompositeSettings,
    swaps: Swaps,
) -> Iterator[EvaluationDifference]:
    """The differences of the composite and its parts, by draws within all suites at once."""
    ours = {suite: [each.ours for each in of_suite] for suite, of_suite in by_suite.items()}
    theirs = {
        suite: [each.theirs for each in of_suite if each.theirs] for suite, of_suite in by_suite.items()
    }
    drawn = drawing_axes([ours, theirs], axes)
    pairs_of_axes = zip(composite(ours, axes), composite(theirs, axes), strict=True)
    for our, their in pairs_of_axes:
        yield Comparison(our, their, None).row(model, baseline, COMPOSITE, drawn, swaps)


class Comparison:
    """One figure of two models on the same answers, and of the answers of both together."""

    def __init__(self, ours: Measure, theirs: Measure | None, both: Measure | None) -> None:
        self.ours, self.theirs, self.both = ours, theirs, both

    def row(self, model: str, baseline: str, suite: str, drawn: Drawn, swaps: Swaps) -> EvaluationDifference:
        """The difference with its interval and p-value.

        It has no values where a model has no figure, or where both were asked in ways that are no match.
        """
        clusters = sorted({*self.ours.clusters, *(self.theirs.clusters if self.theirs else ())})
        difference, interval, chance = self._estimate(clusters, drawn, swaps)
        low, high = interval or (None, None)
        return EvaluationDifference(
            model=model,
            baseline=baseline,
            suite=suite,
            category=self.ours.category,
            metric=self.ours.metric,
            better=self.ours.better,
            difference=difference,
            low=low,
            high=high,
            p_value=chance,
            p_holm=None,
            num_pairs=min(self.ours.num_items, self.theirs.num_items if self.theirs else 0),
            num_clusters=len(clusters),
        )

    def _estimate(
        self, clusters: Sequence[str], drawn: Drawn, swaps: Swaps
    ) -> tuple[float | None, Interval | None, float | None]:
        if self.theirs is None or not self.ours.clusters or not self.theirs.clusters:
            return None, None, None
        if self.ours.way != self.theirs.way:
            return None, None, None
        draws = drawn(clusters)
        with np.errstate(invalid="ignore"):
            ours, theirs = self.ours.statistic(draws), self.theirs.statistic(draws)
            differing = ours - theirs
        if not np.isfinite(differing[0]):
            return None, None, None
        chance = p_value(differing, swapped_differences(self.both, clusters, swaps), len(clusters))
        interval = drawn_interval(differing, len(clusters), self._limits(ours, theirs))
        return float(differing[0]), _beside(interval, chance), chance

    def _limits(self, ours: Values, theirs: Values) -> Interval:
        """The least and the greatest difference; where a figure has no limits, as much the other way.

        Where nothing differs at all, it is as much as the figures' size.
        """
        if self.theirs is not None and self.ours.limits is not None and self.theirs.limits is not None:
            return self.ours.limits[0] - self.theirs.limits[1], self.ours.limits[1] - self.theirs.limits[0]
        difference = float(ours[0] - theirs[0])
        if not difference:
            return about(0.0, max(abs(float(ours[0])), abs(float(theirs[0]))))
        return difference - 2 * abs(difference), difference + 2 * abs(difference)


def compared(suite: Suite, ours: Sequence[Answered], theirs: Sequence[Answered]) -> Iterator[Comparison]:
    """The suite's figures of the first model beside those of the second, of answers in pairs."""
    other = {_name(measure): measure for measure in suite.figures(theirs)}
    both = together(suite, ours, theirs)
    for measure in suite.figures(ours):
        yield Comparison(measure, other.get(_name(measure)), both.get(_name(measure)))


def _name(measure: Measure) -> Name:
    return measure.category, measure.metric


def _beside(interval: Interval | None, chance: float | None) -> Interval | None:
    """The interval, which holds 0 where chance alone differs as much: draws of few changes do not say so."""
    if interval is None or chance is None or chance < CHANCE:
        return interval
    return min(interval[0], 0.0), max(interval[1], 0.0)


def _corrected(rows: Sequence[EvaluationDifference]) -> Iterator[EvaluationDifference]:
    """The rows of one model with p-values corrected over all of them."""
    corrected = iter(holm([row.p_value for row in rows if row.p_value is not None]))
    for row in rows:
        yield row if row.p_value is None else row.model_copy(update={"p_holm": next(corrected)})


EVALUATION_DIFFERENCES = Method(run=make_differences, settings=DifferenceSettings, rows=EvaluationDifference)
