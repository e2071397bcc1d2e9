"""Gates: the bounds that models of the graph keep before they are released."""

from collections.abc import Sequence

from assets.building.declared import Dataset, dataset
from assets.pipelines.evaluation import GROUP, measured
from assets.profile.profile import Profile
from datasets_registry.rows.evaluation import EvaluationDifference, GateResult, SuiteFigure
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
    evaluated = Evaluated(
        models=(section.base, *measured(section, profile)),
        baselines=(section.base,),
        items={suite: section.items.get(suite) for suite in section.suites},
    )
    return held_to(profile.gates, evaluated)
