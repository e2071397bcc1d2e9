"""What models and canaries are rated at on the same items: those that the canaries answered."""

import math
from collections.abc import Iterator, Mapping, Sequence

from methods.evaluation.canaries.notes import GIVES, Place
from methods.evaluation.canaries.texts import is_canary
from methods.evaluation.suite import Answered, Suite
from methods.evaluation.suites.named import SUITES
from quality.evaluation.answered import ByModel, whole


def rated_with_canaries(
    asked: ByModel, suites: Mapping[str, Suite] = SUITES
) -> dict[Place, dict[str, float]]:
    """The figures of what an answer gives, of each model and canary, by suite, category and metric.

    Nothing of a suite that no canary went through.
    """
    rated: dict[Place, dict[str, float]] = {}
    for name, metrics in GIVES.items():
        for model, answers in _of_canary_items(asked, name).items():
            for place, value in _values(suites[name], answers, metrics):
                rated.setdefault(place, {})[model] = value
    return rated


def _of_canary_items(asked: ByModel, suite: str) -> dict[str, list[Answered]]:
    """The answers of each model to the items of the suite that canaries answered."""
    places = {
        each.place
        for model, of_model in asked.items()
        if is_canary(model)
        for each in of_model.get(suite, ())
    }
    return {
        model: [each for each in of_model.get(suite, ()) if each.place in places]
        for model, of_model in asked.items()
    }


def _values(
    suite: Suite, answers: Sequence[Answered], metrics: Sequence[str]
) -> Iterator[tuple[Place, float]]:
    for measure in suite.figures(whole(answers)):
        if measure.metric in metrics and measure.clusters and math.isfinite(value := measure.value()):
            yield (suite.name, measure.category, measure.metric), value
