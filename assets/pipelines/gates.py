"""Gates: the bounds that models of the graph keep before they are released."""

from collections import Counter
from collections.abc import Mapping, Sequence, Set

from assets.building.declared import Dataset, dataset
from assets.pipelines.evaluation import GROUP
from assets.profile.evaluation import Evaluation
from assets.profile.profile import Profile
from datasets_registry.rows.evaluation import EvaluationDifference, GateResult, SuiteFigure
from methods.evaluation.public.published import PUBLISHED
from methods.evaluation.suites.capability import CAPABILITY
from methods.evaluation.suites.named import SUITES
from methods.evaluation.suites.names import JUDGED, SuiteName
from quality.evaluation.gate import Evaluated, Gate, held_to
from quality.evaluation.gates import GATES, GateSettings


def gates(profile: Profile, at: str = "") -> Sequence[Dataset]:
    """``gate_results`` of the profile's gates; none where it has none.

    Raises BadInput for a gate that the evaluation cannot decide.
    """
    held = gates_of(profile)
    if not held:
        return []
    inputs = {figures: at + figures for figures in (SuiteFigure.dataset, EvaluationDifference.dataset)}
    return [dataset(at + GateResult.dataset, GATES, GateSettings(gates=held), group=GROUP, inputs=inputs)]


def gates_of(profile: Profile) -> dict[str, Gate]:
    """The profile's gates, each with all the models that it holds for; raises as ``gates`` does."""
    section = profile.evaluation
    if section is None:
        return {}
    # suites without a gate need no counting
    categories = _categories(section, {gate.suite for gate in profile.gates.values()})
    evaluated = Evaluated(
        models=profile.measured_models,
        baselines=(section.base,),
        items={suite: _most(section, categories, suite) for suite in section.suites},
        categories=categories,
        axes={name: axis.suite for name, axis in section.composite.axes.items()},
    )
    return held_to(profile.gates, evaluated)


def _most(section: Evaluation, categories: Mapping[str, Mapping[str, int]], suite: SuiteName) -> int | None:
    """The most independent items that the suite asks; None where only reading a file tells it."""
    own = sum(categories[suite].values()) if suite in categories else None
    known = [number for number in (own, section.items.get(suite)) if number is not None]
    return min(known, default=None)


def _categories(section: Evaluation, gated: Set[str]) -> dict[str, Mapping[str, int]]:
    """The clusters in each category of the gated suites that ask our own items alone."""
    more = {PUBLISHED[name].suite for name in section.files if name in PUBLISHED} | set(JUDGED)
    if section.problems != "none":
        more.add(CAPABILITY.name)
    clusters = {
        suite: {item.cluster: item.category for item in SUITES[suite].items()}
        for suite in section.suites
        if suite in gated - more
    }
    return {suite: Counter(category_of.values()) for suite, category_of in clusters.items()}
