"""Gates on figures: whether each model keeps the bounds that its release waits for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from datasets_registry.documents import meant
from datasets_registry.rows.evaluation import EvaluationDifference, GateResult, SuiteFigure
from datasets_registry.settings import Settings
from methods.method import Inputs, Method, Models
from quality.evaluation.gate import Gate

# a model that says nothing where it would do wrong must not pass by it
MOST_MISSING = 0.05


class GateSettings(Settings):
    """The gates by name, each with all the models that it holds for."""

    gates: Mapping[str, Gate]


@dataclass(frozen=True)
class Bounded:
    """A figure or a difference, as a gate looks at it."""

    value: float | None
    low: float | None
    high: float | None
    num_items: int
    num_clusters: int
    note: str | None


def make_gate_results(inputs: Inputs, models: Models, settings: GateSettings) -> list[GateResult]:
    """The decision of every gate on every model that it holds for."""
    return gate_results(inputs.rows(SuiteFigure), inputs.rows(EvaluationDifference), settings.gates)


def gate_results(
    figures: Sequence[SuiteFigure], differences: Sequence[EvaluationDifference], gates: Mapping[str, Gate]
) -> list[GateResult]:
    """The same of rows; a gate whose figure is not there does not pass."""
    by_place = {(row.model, row.suite, row.category, row.metric): row for row in figures}
    differing = {(row.model, row.baseline, row.suite, row.category, row.metric): row for row in differences}
    rows = []
    for name, gate in gates.items():
        for model in gate.models:
            figure = by_place.get((model, gate.suite, gate.category, gate.metric))
            key = (model, gate.against or "", gate.suite, gate.category, gate.metric)
            difference = differing.get(key)
            bounded = _figure(figure) if gate.against is None else _difference(difference)
            why = _unmeasured(gate, model, figures) if bounded is None else _why(gate, bounded, figure)
            rows.append(_row(model, name, gate, bounded, why))
    return sorted(rows, key=lambda row: (row.model, row.gate))


def _figure(row: SuiteFigure | None) -> Bounded | None:
    return (
        None
        if row is None
        else Bounded(row.value, row.low, row.high, row.num_items, row.num_clusters, row.note)
    )


def _difference(row: EvaluationDifference | None) -> Bounded | None:
    return (
        None
        if row is None
        else Bounded(row.difference, row.low, row.high, row.num_pairs, row.num_clusters, None)
    )


def _why(gate: Gate, bounded: Bounded, figure: SuiteFigure | None) -> str | None:
    """Why the gate does not pass; None where it does."""
    if bounded.value is None:
        return bounded.note or "nothing could be measured"
    if bounded.num_clusters < gate.min_items:
        items = "1 item is" if bounded.num_clusters == 1 else f"{bounded.num_clusters} items are"
        return f"{items} fewer than min_items, {gate.min_items}"
    if figure is not None and (missing := _missing_share(figure)) > MOST_MISSING:
        return (
            f"{missing:.0%} of answers or grades are missing, and more than {MOST_MISSING:.0%} decide nothing"
        )
    return _broken(gate, bounded)


def _missing_share(figure: SuiteFigure) -> float:
    return figure.num_missing / max(figure.num_missing + figure.num_items, 1)


def _broken(gate: Gate, bounded: Bounded) -> str | None:
    """The bound that is not kept, in words."""
    low, high = bounded.value, bounded.value
    if gate.by == "interval":
        low, high = bounded.low, bounded.high
    if low is None or high is None:
        return "it has no interval: set by = 'value' with min_items, or bound another figure"
    kept = (gate.at_least is None or low >= gate.at_least) and (gate.at_most is None or high <= gate.at_most)
    if kept:
        return None
    answers = "1 answer" if bounded.num_items == 1 else f"{bounded.num_items} answers"
    measured = f"{gate.metric} of {gate.suite} is {_words(bounded)} of {answers}"
    versus = f" beside {gate.against}" if gate.against else ""
    decides = ", by its interval" if gate.by == "interval" else ""
    return f"{measured}{versus}, must be {gate.bound}{decides}"


def _words(bounded: Bounded) -> str:
    interval = (
        "" if bounded.low is None or bounded.high is None else f" ({bounded.low:.3g} to {bounded.high:.3g})"
    )
    return f"{bounded.value:.3g}{interval}"


def _unmeasured(gate: Gate, model: str, figures: Sequence[SuiteFigure]) -> str:
    """That there is no such figure, and which there are."""
    of_suite = [row for row in figures if (row.model, row.suite) == (model, gate.suite)]
    metrics = sorted({row.metric for row in of_suite if row.category == gate.category})
    if gate.metric in metrics:
        return f"there is no difference of {gate.metric} from {gate.against}"
    if metrics:
        known = f"{gate.suite} has {', '.join(metrics)}"
        return f"there is no figure {gate.metric!r}{meant(gate.metric, metrics)}: {known}"
    categories = sorted({row.category for row in of_suite})
    if categories:
        known = f"{gate.suite} has {', '.join(categories)}"
        return f"there is no category {gate.category!r}{meant(gate.category, categories)}: {known}"
    return f"{gate.suite} has no figure of {model}"


def _row(model: str, name: str, gate: Gate, bounded: Bounded | None, why: str | None) -> GateResult:
    return GateResult(
        model=model,
        gate=name,
        suite=gate.suite,
        category=gate.category,
        metric=gate.metric,
        against=gate.against,
        value=bounded.value if bounded else None,
        low=bounded.low if bounded else None,
        high=bounded.high if bounded else None,
        num_items=bounded.num_items if bounded else 0,
        at_least=gate.at_least,
        at_most=gate.at_most,
        by=gate.by,
        passed=why is None,
        why=why,
    )


GATES = Method(run=make_gate_results, settings=GateSettings, rows=GateResult)
