"""The stored rows that a page or a command is made from, by model: nothing is asked of a model."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

from datasets_registry.registry import Registry
from datasets_registry.rows.evaluation import (
    EvaluationDifference,
    EvaluationItem,
    SuiteAnswer,
    SuiteFigure,
)
from datasets_registry.rows.review.reviewed import ReviewedFigure
from datasets_registry.rows.row import Row
from datasets_registry.version import Version
from quality.evaluation.answered import answered
from quality.evaluation.axes import CompositeSettings
from quality.evaluation.differences import differences
from quality.evaluation.figures import figures
from quality.evaluation.flips import Flip, flips
from quality.evaluation.report.contents import Contents, Evaluated
from quality.evaluation.report.places import items_of, place_of

R = TypeVar("R", bound=Row)


@dataclass(frozen=True)
class Stored:
    """The latest passed answers of some models, with what was made from exactly them."""

    registry: Registry
    answered_by: Mapping[str, Version]

    @property
    def versions(self) -> list[str]:
        """The versions of the answers and of the items."""
        return [*map(str, self.answered_by.values()), *map(str, self._item_versions())]

    @cached_property
    def items(self) -> list[EvaluationItem]:
        """The items that any of the models was asked."""
        rows = [
            row for version in self._item_versions() for row in self.registry.rows(EvaluationItem, version)
        ]
        return list({(row.suite, row.item_id, row.variant): row for row in rows}.values())

    @cached_property
    def answers(self) -> list[SuiteAnswer]:
        """The answers of all models."""
        return [
            row for version in self.answered_by.values() for row in self.registry.rows(SuiteAnswer, version)
        ]

    @cached_property
    def figures(self) -> list[SuiteFigure]:
        """The models' figures: those stored of these answers, otherwise counted from them."""
        found = self._made_of_these(SuiteFigure)
        stored = [row for row in found if row.model in self.answered_by]
        if stored:
            return stored
        return list(figures(answered(self.items, self.answers), self._composite(SuiteFigure)))

    @cached_property
    def reviewed(self) -> list[ReviewedFigure]:
        """What people say of these answers, where they reviewed some."""
        return self._made_of_these(ReviewedFigure)

    def differences(self, model: str, baseline: str) -> list[EvaluationDifference]:
        """The differences of both: those stored of these answers, otherwise counted from them."""
        found = self._made_of_these(EvaluationDifference)
        stored = [row for row in found if (row.model, row.baseline) == (model, baseline)]
        if stored:
            return stored
        composite = self._composite(EvaluationDifference)
        return list(differences(answered(self.items, self.answers), baseline, composite))

    def flips(self, model: str, baseline: str) -> list[Flip]:
        """The answers that flipped between both, by suite."""
        asked = answered(self.items, self.answers)
        ours, theirs = asked.get(model, {}), asked.get(baseline, {})
        return [flip for suite in ours for flip in flips(ours[suite], theirs.get(suite, ()))]

    def contents(self, model: str, baseline: str | None = None) -> Contents:
        """What a page about the model shows, beside the baseline where one is named."""
        return Contents(
            self._evaluated(model),
            self.items,
            self._evaluated(baseline) if baseline else None,
            self.differences(model, baseline) if baseline else (),
            self.flips(model, baseline) if baseline else (),
            tuple(self.versions),
            [row for row in self.reviewed if row.model in (model, baseline)],
        )

    def _evaluated(self, model: str) -> Evaluated:
        return Evaluated(
            model,
            [row for row in self.figures if row.model == model],
            [row for row in self.answers if row.model == model],
        )

    def _item_versions(self) -> list[Version]:
        asked = (items_of(self.registry, version) for version in self.answered_by.values())
        return list({str(each): each for of_one in asked for each in of_one}.values())

    @property
    def _at(self) -> str:
        """The place of the answers, such as that of a round, where their figures lie too."""
        (first, *_) = self.answered_by.values()
        return place_of(first.name)

    def _composite(self, row: type[Row]) -> CompositeSettings:
        """The axes of the latest version, as the profile weighs them; the usual ones before the first."""
        version = self.registry.latest(self._at + row.dataset)
        settings = self.registry.derivation(version).settings if version else {}
        return CompositeSettings.model_validate(settings.get("composite", {}))

    def _made_of_these(self, row: type[R]) -> list[R]:
        """The rows of the latest version, none where it is of other answers of these models."""
        version = self.registry.latest(self._at + row.dataset)
        if version is None:
            return []
        made_of = {str(each) for each in self.registry.derivation(version).inputs}
        return self.registry.rows(row, version) if made_of >= {*map(str, self.answered_by.values())} else []
