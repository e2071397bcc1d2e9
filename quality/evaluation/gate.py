"""A gate: a bound that a model keeps on a figure of evaluation, or on its difference from a baseline."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from datasets_registry.documents import meant
from datasets_registry.errors import BadInput
from datasets_registry.settings import Distinct, Settings
from quality.evaluation.axes import COMPOSITE, MINIMUM

# the category of figures over a whole suite
ALL = "all"
_NAME = re.compile(r"[a-z][a-z0-9_]*")


class Gate(Settings):
    """Bounds on a figure of ``models``, or on its difference from the model ``against``."""

    suite: str
    metric: str
    category: str = Field(ALL, min_length=1, description="Part of the suite; `all` for the whole")
    at_least: float | None = Field(None, description="The least that may be")
    at_most: float | None = Field(None, description="The most that may be")
    against: str | None = Field(
        None, description="A baseline: its difference is bounded; if not set, the figure itself"
    )
    models: Annotated[tuple[str, ...], Distinct] = Field(
        (), description="The models that it holds for; all that are evaluated, if not set"
    )
    by: Literal["interval", "value"] = Field(
        "interval",
        description="Whether the unfavourable end of the 95 % interval keeps the bound, or the value",
    )
    min_items: int = Field(
        1, ge=1, description="With fewer items it does not pass; those that resemble each other count as one"
    )

    @field_validator("metric")
    @classmethod
    def _names_a_figure(cls, metric: str) -> str:
        if not _NAME.fullmatch(metric):
            raise ValueError(f"no figure is named {metric!r}: names are lower-case letters, digits and _")
        return metric

    @model_validator(mode="after")
    def _bounds_something(self) -> "Gate":
        if self.at_least is None and self.at_most is None:
            raise ValueError("it has no bound: set at_least or at_most")
        if self.at_least is not None and self.at_most is not None and self.at_least > self.at_most:
            raise ValueError(
                f"at_least {self.at_least:g} is more than at_most {self.at_most:g}, so no figure can "
                "keep both: change one"
            )
        if self.by == "value" and "min_items" not in self.model_fields_set:
            raise ValueError("by = 'value' passes on one lucky answer: set min_items too")
        if self.against is not None and self.against in self.models:
            raise ValueError(
                f"{self.against!r} is compared with itself: take it out of models, or name another in against"
            )
        return self

    @property
    def bound(self) -> str:
        """The bounds in words, such as ``at least -0.03``."""
        limits = (("least", self.at_least), ("most", self.at_most))
        return " and ".join(f"at {side} {bound:g}" for side, bound in limits if bound is not None)


@dataclass(frozen=True)
class Evaluated:
    """What is known of an evaluation before it: models, baselines of differences, and items of each suite.

    Items that resemble each other count as one; the number is None where only reading a file tells it.
    ``categories`` has those of the suites whose items are all known, and ``axes`` the suites of the
    composite's axes.
    """

    models: Sequence[str]
    baselines: Sequence[str]
    items: Mapping[str, int | None]
    categories: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    axes: Mapping[str, str] = field(default_factory=dict)


def held_to(gates: Mapping[str, Gate], evaluated: Evaluated) -> dict[str, Gate]:
    """The gates, each with all the models that it holds for.

    Raises BadInput for a gate that no evaluation like this could decide.
    """
    for name, gate in gates.items():
        _require_measured(f"gates.{name}", gate, evaluated)
    return {
        name: gate.model_copy(update={"models": _models(gate, evaluated)}) for name, gate in gates.items()
    }


def _models(gate: Gate, evaluated: Evaluated) -> tuple[str, ...]:
    return gate.models or tuple(model for model in evaluated.models if model != gate.against)


def _require_measured(title: str, gate: Gate, evaluated: Evaluated) -> None:
    suites = [*evaluated.items, COMPOSITE]
    if gate.suite not in suites:
        raise BadInput(
            f"{title}.suite: {gate.suite!r} is not measured{meant(gate.suite, suites)}: name one of "
            f"{', '.join(suites)}, or add it to evaluation.suites"
        )
    for model in gate.models:
        if model not in evaluated.models:
            raise BadInput(
                f"{title}.models: {model!r} is not evaluated{meant(model, evaluated.models)}: name one of "
                f"{', '.join(evaluated.models)}, or add it to evaluation.models"
            )
    if gate.against is not None and gate.against not in evaluated.baselines:
        raise BadInput(
            f"{title}.against: {gate.against!r} is not a baseline of the evaluation"
            f"{meant(gate.against, evaluated.baselines)}: differences are from "
            f"{', '.join(evaluated.baselines) or 'no model'}"
        )
    if not _models(gate, evaluated):
        raise BadInput(
            f"{title}: it applies to no model, since only {gate.against!r} is evaluated: add another"
        )
    if gate.suite == COMPOSITE:
        _require_axes(title, gate, evaluated)
    _require_category(title, gate, evaluated)
    asked = _asked(gate, evaluated)
    if asked is not None and asked < gate.min_items:
        of_category = "" if gate.category == ALL else f" of {gate.category!r}"
        raise BadInput(
            f"{title}.min_items: it needs {gate.min_items} items, and {gate.suite} asks {asked}{of_category}"
            ": lower min_items, or ask more"
        )


def _require_axes(title: str, gate: Gate, evaluated: Evaluated) -> None:
    """Raise BadInput for a figure that the composite has not, or that lacks an axis whatever is answered."""
    metrics = [COMPOSITE, MINIMUM, *evaluated.axes]
    if gate.metric not in metrics:
        raise BadInput(
            f"{title}.metric: the composite has no {gate.metric!r}{meant(gate.metric, metrics)}: name one of "
            f"{', '.join(metrics)}"
        )
    for axis, suite in evaluated.axes.items():
        if suite not in evaluated.items and gate.metric in (COMPOSITE, MINIMUM, axis):
            raise BadInput(
                f"{title}: there is no {gate.metric} without the axis {axis!r}, a figure of {suite}, which "
                "evaluation.suites lacks: add it there, or set evaluation.composite.axes"
            )


def _require_category(title: str, gate: Gate, evaluated: Evaluated) -> None:
    known = evaluated.categories.get(gate.suite)
    if gate.category != ALL and known is not None and gate.category not in known:
        raise BadInput(
            f"{title}.category: {gate.suite} has no {gate.category!r}{meant(gate.category, list(known))}: "
            f"name one of {', '.join([ALL, *known])}"
        )


def _asked(gate: Gate, evaluated: Evaluated) -> int | None:
    """The most items that the gate's figure can be of; None where nobody knows yet."""
    asked = evaluated.items.get(gate.suite)
    of_category = evaluated.categories.get(gate.suite, {}).get(gate.category)
    known = [number for number in (asked, of_category) if number is not None]
    return min(known, default=None)
