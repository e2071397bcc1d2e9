"""Which versions belong to an evaluation: figures, differences, and the answers of each model."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from datasets_registry.errors import BadInput
from datasets_registry.registry import Registry
from datasets_registry.rows.evaluation import EvaluationDifference, SuiteAnswer, SuiteFigure
from datasets_registry.rows.row import Row
from datasets_registry.rows.types import rows_of
from datasets_registry.version import Version
from datasets_registry.views.scanning import ResultRow
from methods.evaluation.canaries.texts import is_canary
from quality.evaluation.report.places import asked_alike, places
from studio.queries.rows import options

R = TypeVar("R", bound=Row)
SHOWN = (SuiteFigure.dataset, EvaluationDifference.dataset)


@dataclass(frozen=True)
class Together:
    """The versions of an evaluation; ``answers`` by the model that gave them, constant ones among them."""

    answers: Mapping[str, Version]
    figures: Version | None
    differences: Version | None

    @property
    def models(self) -> list[str]:
        """The models that can be compared."""
        return [model for model in self.answers if not is_canary(model)]

    @property
    def is_comparison(self) -> bool:
        """Whether there are two models whose answers can be compared."""
        return len(self.models) > 1


def together(registry: Registry, version: Version) -> Together:
    """What belongs to a version of figures, differences or answers; raises BadInput for any other."""
    row = rows_of(version) if version.kind == "dataset" else ""
    if row == SuiteAnswer.dataset:
        figures = _newest(registry.built_from(version), SuiteFigure)
        if figures is None:
            return Together(_by_model(registry, [version]), None, None)
        version, row = figures, SuiteFigure.dataset
    if row not in SHOWN:
        raise BadInput(f"{version} is no evaluation: look at /version/{version}")
    answers = _answers(registry, version)
    # what is made of the same answers lies beside it, under whatever name
    beside = [
        each
        for each in (registry.built_from(answers[0]) if answers else ())
        if _answers(registry, each) == answers
    ]
    versions = {
        kind: version if row == kind.dataset else _newest(beside, kind)
        for kind in (SuiteFigure, EvaluationDifference)
    }
    return Together(_by_model(registry, answers), versions[SuiteFigure], versions[EvaluationDifference])


def answers_of(registry: Registry, held: Together, models: Sequence[str]) -> dict[str, Version]:
    """The answers of both models to the same items, wherever they lie.

    Raises BadInput for a model without answers, or where both were not asked the same items.
    """
    if all(model in held.answers for model in models):
        return {model: held.answers[model] for model in models}
    known = places(registry)
    for model in models:
        if model not in known and model not in held.answers:
            raise BadInput(
                f"model {model!r} has no answers: choose one of {', '.join(held.models)}, or "
                f"`trimtab evaluate {model}`"
            )
    return asked_alike(registry, models, known)


def typed(row: type[R], rows: Sequence[ResultRow]) -> list[R]:
    """Rows as they are stored as typed rows; columns that the row type lacks are left out."""
    return [
        row.model_validate({name: stored[name] for name in row.model_fields if name in stored})
        for stored in rows
    ]


def _answers(registry: Registry, version: Version) -> list[Version]:
    inputs = registry.derivation(version).inputs
    return [each for each in inputs if each.kind == "dataset" and rows_of(each) == SuiteAnswer.dataset]


def _newest(versions: Sequence[Version], row: type[Row]) -> Version | None:
    fitting = [each for each in versions if each.kind == "dataset" and rows_of(each) == row.dataset]
    return max(fitting, key=lambda each: each.created_at, default=None)


def _by_model(registry: Registry, answers: Sequence[Version]) -> dict[str, Version]:
    whole = [each for each in answers if registry.is_whole(each)]
    by_model = {model: each for each in whole for model in options(registry, each, "model")}
    return dict(sorted(by_model.items()))
