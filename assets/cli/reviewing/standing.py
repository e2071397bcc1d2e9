"""Where review stands: what waits of each sample, who has reviewed, and what the gate says."""

from collections.abc import Sequence
from dataclasses import dataclass

from datasets_registry.registry import Registry, is_red
from datasets_registry.rows.review.agreement import ReviewFigure
from datasets_registry.version import Version
from quality.review.desk import Desk
from quality.review.versions import agreement_name, samples

NOT_COUNTED = "not counted yet: build {}"
OUTDATED = "counted for an earlier sample: build {} again"


@dataclass(frozen=True)
class Standing:
    """One sample: its items, how many nobody has reviewed, and who has answered how many.

    ``agreement`` is what people say of the labels, with its 95 % interval and the version that counted it;
    ``gate`` is its state in words.
    """

    sample: str
    items: int
    waiting: int
    reviewers: dict[str, int]
    agreement: float | None
    low: float | None
    high: float | None
    at_least: float | None
    required: bool | None
    counted_in: str | None
    flagged: Sequence[str]
    gate: str


def standings(registry: Registry) -> list[Standing]:
    """Every sample that was drawn, in the latest version that passed, by name."""
    return [_standing(registry, sample) for sample in samples(registry)]


def _standing(registry: Registry, sample: Version) -> Standing:
    desk = Desk(registry, str(sample))
    name = agreement_name(sample)
    counted = registry.newest(name) if name in registry.names("dataset") else None
    rows = registry.rows(ReviewFigure, counted) if counted else []
    figures = {row.figure: row for row in rows if row.subset == "all"}
    agreed = figures.get("agreement")
    return Standing(
        sample=str(sample),
        items=len(desk.items),
        waiting=desk.waiting(),
        reviewers=desk.reviewers(),
        agreement=agreed.value if agreed else None,
        low=agreed.low if agreed else None,
        high=agreed.high if agreed else None,
        at_least=agreed.at_least if agreed else None,
        required=agreed.required if agreed else None,
        counted_in=str(counted) if counted else None,
        flagged=[row.part for row in rows if row.flagged],
        gate=_gate(registry, sample, name, counted, agreed),
    )


def _gate(
    registry: Registry, sample: Version, name: str, counted: Version | None, agreed: ReviewFigure | None
) -> str:
    """Whether models may learn from the labels, and what is to be done where they may not."""
    if counted is None or agreed is None:
        return NOT_COUNTED.format(name)
    if sample not in registry.derivation(counted).inputs:
        return OUTDATED.format(name)
    if not agreed.required:
        return "not required"
    red = [check.check for check in registry.checks(counted) if is_red(check)]
    return "passed" if not red else f"not passed: {', '.join(red)}"
