"""The figures of models that two experiments both evaluated, by the items that both were asked."""

from collections.abc import Iterator, Sequence

from datasets_registry.registry import Registry
from datasets_registry.rows.evaluation import EvaluationDifference, EvaluationItem, SuiteAnswer
from datasets_registry.version import Version
from methods.evaluation.canaries.texts import is_canary
from quality.evaluation.answered import ByModel, answered
from quality.evaluation.differences import differences
from quality.evaluation.report.places import items_of, places


def figure_differences(
    before: Registry, after: Registry
) -> Iterator[tuple[str, Sequence[EvaluationDifference]]]:
    """Each model with the figures of ``after`` less those of ``before``, paired by item.

    Answers that are the same in both are left out, and so are models that only one evaluated.
    """
    theirs, ours = _answers(before), _answers(after)
    for model in theirs.keys() & ours.keys():
        old, new = theirs[model], ours[model]
        if old.data_version != new.data_version and not is_canary(model):
            both = {
                str(registry.records.line): _asked(registry, version)[model]
                for registry, version in ((before, old), (after, new))
                if model in _asked(registry, version)
            }
            if len(both) > 1:
                yield model, list(differences(both, str(before.records.line)))


def _answers(registry: Registry) -> dict[str, Version]:
    """The latest passed answers of each model, of its main place."""
    latest = {model: registry.latest(names[0]) for model, names in sorted(places(registry).items())}
    return {model: version for model, version in latest.items() if version and version.num_rows}


def _asked(registry: Registry, answers: Version) -> ByModel:
    items = (registry.rows(EvaluationItem, version) for version in items_of(registry, answers))
    return answered((item for rows in items for item in rows), registry.rows(SuiteAnswer, answers))
