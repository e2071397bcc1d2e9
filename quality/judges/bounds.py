"""The bounds that a judge's figures must keep, and whether labels need them."""

from collections.abc import Mapping
from typing import Self, get_args

from pydantic import Field, model_validator

from datasets_registry.rows.judge_benchmark import Suite
from datasets_registry.rows.words import AdditionKind, AdditionPlace
from datasets_registry.settings import Settings

LEAST_GROUPS = 20


class Bound(Settings):
    """Bounds that a figure's whole interval must keep, measured on enough groups of prompts."""

    at_least: float | None = None
    at_most: float | None = None
    least_groups: int = Field(LEAST_GROUPS, ge=1, description="Fewer groups of prompts certify nothing")

    def holds(self, low: float | None, high: float | None, num_groups: int) -> bool | None:
        """Whether the interval lies within the bounds; None where nothing was measured."""
        if low is None or high is None:
            return None
        return (
            num_groups >= self.least_groups
            and (self.at_least is None or low >= self.at_least)
            and (self.at_most is None or high <= self.at_most)
        )


PEOPLE = ("human_accuracy", "cohen_kappa", "gwet_ac1")
# verdicts that additions turn: all, by kind and by place
OVERALL = "steered_share"
BY_KIND = {f"steered_by_{kind}": kind for kind in get_args(AdditionKind)}
BY_PLACE = {f"steered_in_{place}s": place for place in get_args(AdditionPlace)}
STEERED = (OVERALL, *BY_KIND, *BY_PLACE)
# figures of suites, such as llmbar_accuracy; f1 has no interval that can hold everywhere
_OF_STEPS = ("error_accuracy", "correct_accuracy", "failure_rate")
_OF_PAIRS = ("accuracy", "consistent_accuracy", "flip_rate", "tie_rate", "first_choice_share", "failure_rate")
_OF_SUITES: Mapping[Suite, tuple[str, ...]] = {
    "llmbar": _OF_PAIRS,
    "judgebench": _OF_PAIRS,
    "rm_bench": (*_OF_PAIRS, "easy_accuracy", "normal_accuracy", "hard_accuracy"),
    "reward_bench_2": (*_OF_PAIRS, "best_of_accuracy"),
    "prmbench": _OF_STEPS,
    "processbench": _OF_STEPS,
    "people": _OF_PAIRS,
}
BY_SUITE = {suite: tuple(f"{suite}_{name}" for name in names) for suite, names in _OF_SUITES.items()}
SUITES = tuple(name for names in BY_SUITE.values() for name in names)
# the figures whose intervals can hold everywhere; length_slope has none, and longer_share asks the same
CERTAIN = (
    "parse_rate",
    "first_position_share",
    "slot_kept_share",
    "order_consistency",
    "longer_share",
    "rule_agreement",
    *PEOPLE,
    *STEERED,
    *SUITES,
)
# the figures that both seatings of debates give
SEATED = ("parse_rate", "first_position_share", "slot_kept_share", "order_consistency", "longer_share")
DEFAULT_BOUNDS = {
    "parse_rate": Bound(at_least=0.9),
    "slot_kept_share": Bound(at_most=0.25),
    "order_consistency": Bound(at_least=0.75),
    "longer_share": Bound(at_least=0.3, at_most=0.7),
}


class CertificateBounds(Settings):
    """The bounds by figure, and whether preferences need them to train a model."""

    required: bool = False
    bounds: Mapping[str, Bound] = DEFAULT_BOUNDS

    @model_validator(mode="after")
    def _only_of_what_can_be_certain(self) -> Self:
        if unknown := sorted(self.bounds.keys() - set(CERTAIN)):
            raise ValueError(
                f"no bound can be set on {unknown[0]!r}: those that can are {', '.join(CERTAIN)}"
            )
        return self


class DebatedBounds(CertificateBounds):
    """The bounds of judges of debates, and whether preferences by their verdicts need them."""

    @model_validator(mode="after")
    def _only_of_what_debates_measure(self) -> Self:
        if unknown := sorted(self.bounds.keys() - set(SEATED)):
            raise ValueError(
                f"debates do not measure {unknown[0]!r}: bound one of {', '.join(SEATED)}, or leave it out"
            )
        return self
