"""Each model's figures less a baseline's, on what both answered."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from datasets_registry.errors import BadInput
from datasets_registry.rows.evaluation import EvaluationDifference, EvaluationItem, SuiteAnswer
from datasets_registry.settings import Settings
from methods.evaluation.measures import Interval, Measure, Values
from methods.evaluation.suite import Answered, Suite
from methods.evaluation.suites.named import SUITES
from methods.method import Inputs, Method, Models
from quality.evaluation.answered import ByModel, answered, pairs
from quality.evaluation.drawing import Drawing, about, drawn_interval
from quality.evaluation.figures import known
from quality.evaluation.permutation import Name, Swaps, holm, p_value, swapped_differences, together

CANARY = "canary"
CHANCE = 0.05


class DifferenceSettings(Settings):
    """Which model the others are compared with."""

    baseline: str


def make_differences(
    inputs: Inputs, models: Models, settings: DifferenceSettings
) -> list[EvaluationDifference]:
    """The differences of every model from the baseline."""
    asked = answered(inputs.rows(EvaluationItem), inputs.stream(SuiteAnswer))
    return list(differences(asked, settings.baseline))


def differences(
    asked: ByModel, baseline: str, suites: Mapping[str, Suite] = SUITES
) -> Iterator[EvaluationDifference]:
    """The differences of each model but canaries; raises BadInput where no other model is compared."""
    others = [model for model in asked if model != baseline and not model.startswith(CANARY)]
    if baseline not in asked:
        raise BadInput(f"the baseline {baseline!r} has no answers: name one of {', '.join(asked)}")
    if not others:
        raise BadInput(f"the baseline {baseline!r} would be compared with itself: evaluate another model too")
    drawing, swaps = Drawing(), Swaps()
    for model in others:
        yield from _corrected(list(_of_model(model, baseline, asked, suites, drawing, swaps)))


def _of_model(
    model: str,
    baseline: str,
    asked: ByModel,
    suites: Mapping[str, Suite],
    drawing: Drawing,
    swaps: Swaps,
) -> Iterator[EvaluationDifference]:
    for name, answers in asked[model].items():
        if name in asked[baseline]:
            ours, theirs = pairs(answers, asked[baseline][name])
            for comparison in compared(known(name, suites), ours, theirs):
                yield comparison.row(model, baseline, name, drawing, swaps)


class Comparison:
    """One figure of two models on the same answers, and of the answers of both together."""

    def __init__(self, ours: Measure, theirs: Measure | None, both: Measure | None) -> None:
        self.ours, self.theirs, self.both = ours, theirs, both

    def row(
        self, model: str, baseline: str, suite: str, drawing: Drawing, swaps: Swaps
    ) -> EvaluationDifference:
        """The difference with its interval and p-value; without values where a model has no figure."""
        clusters = sorted({*self.ours.clusters, *(self.theirs.clusters if self.theirs else ())})
        difference, interval, chance = self._estimate(clusters, drawing, swaps)
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
        self, clusters: Sequence[str], drawing: Drawing, swaps: Swaps
    ) -> tuple[float | None, Interval | None, float | None]:
        if self.theirs is None or not self.ours.clusters or not self.theirs.clusters:
            return None, None, None
        draws = drawing.of(clusters)
        with np.errstate(invalid="ignore"):
            ours, theirs = self.ours.statistic(draws), self.theirs.statistic(draws)
            drawn = ours - theirs
        if not np.isfinite(drawn[0]):
            return None, None, None
        chance = p_value(drawn, swapped_differences(self.both, clusters, swaps), len(clusters))
        interval = drawn_interval(drawn, len(clusters), self._limits(ours, theirs))
        return float(drawn[0]), _beside(interval, chance), chance

    def _limits(self, ours: Values, theirs: Values) -> Interval:
        """The least and the greatest difference; where a figure has no limits, by its size."""
        if self.theirs is None or self.ours.limits is None or self.theirs.limits is None:
            return about(0.0, max(abs(float(ours[0])), abs(float(theirs[0]))))
        return self.ours.limits[0] - self.theirs.limits[1], self.ours.limits[1] - self.theirs.limits[0]


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
