"""The answers of a round's policy beside those that they are compared with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from datasets_registry.errors import BadInput
from datasets_registry.rows.evaluation import EvaluationItem, SuiteAnswer
from datasets_registry.rows.rounds.watch import Concern, Scale
from methods.evaluation.measures import Measure
from methods.evaluation.suite import Answered
from methods.evaluation.suites.named import SUITES
from methods.method import Inputs
from quality.evaluation.answered import answered, pairs
from quality.evaluation.drawing import Drawing
from quality.rounds.change import Change

# a model's answers, by suite
BySuite = Mapping[str, Sequence[Answered]]
Both = tuple[Sequence[Answered], Sequence[Answered]]


def answers_in(inputs: Inputs, items: Sequence[EvaluationItem], role: str) -> BySuite:
    """The answers of the one model in ``role``; none where the role is empty.

    Raises BadInput where it has the answers of several.
    """
    by_model = answered(items, inputs.stream(SuiteAnswer, role))
    if len(by_model) > 1:
        raise BadInput(
            f"the role {role!r} of a round's watch has answers of {', '.join(by_model)}: fill it with those "
            "of one model"
        )
    return next(iter(by_model.values()), {})


@dataclass(frozen=True)
class Beside:
    """A round's answers beside round 0's: the figures of suites, each computed once."""

    ours: BySuite
    theirs: BySuite
    drawing: Drawing = field(default_factory=Drawing)
    _measures: dict[str, tuple[Mapping[str, Measure], Mapping[str, Measure]]] = field(default_factory=dict)

    def both(self, suite: str) -> Both | None:
        """What both answered of a suite, in one order; None where one was not asked it."""
        if suite not in self.ours or suite not in self.theirs:
            return None
        return pairs(self.ours[suite], self.theirs[suite])

    def missing(self, suite: str) -> float:
        """The share of the round's answers to a suite that have no pair."""
        both = self.both(suite)
        asked = len(self.ours.get(suite, ()))
        return 1 - len(both[0]) / asked if both and asked else 0.0

    def change(
        self, figure: str, concern: Concern, scale: Scale, suite: str, metric: str, family: str = "all"
    ) -> Change:
        """How far one figure of a suite moved."""
        empty = Change(figure, concern, scale, family=family, missing=self.missing(suite))
        both = self.both(suite)
        if both is None:
            return empty.unmeasured(f"the suite {suite} was not asked")
        if suite not in self._measures:
            self._measures[suite] = (_measured(suite, both[0]), _measured(suite, both[1]))
        ours, theirs = (measures.get(metric) for measures in self._measures[suite])
        if ours is None or theirs is None:
            return empty.unmeasured(f"{suite} has no figure {metric}")
        return empty.between(ours, theirs, self.drawing)


def _measured(suite: str, asked: Sequence[Answered]) -> Mapping[str, Measure]:
    """The figures over the whole suite, by metric."""
    return {measure.metric: measure for measure in SUITES[suite].figures(asked) if measure.category == "all"}
