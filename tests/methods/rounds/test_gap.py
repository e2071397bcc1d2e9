"""The gap between prompts that were fed back and those that never are: which is which, and its interval."""

from collections.abc import Iterable

import pytest

from datasets_registry.rows.rounds.failures import FeedbackFigure, Part, RedTeamFailure
from methods.rounds.gap import FEEDBACK_FIGURES, GapSettings, Rate, difference
from tests.methods.graphless import MemoryInputs, rows_of
from tests.rows import make


def graded(part: Part, failed: int, clean: int, missing: int = 0, **fields: object) -> list[RedTeamFailure]:
    """So many rows of a part that failed, did not, and are not known."""
    outcomes = [True] * failed + [False] * clean + [None] * missing
    return [
        make(RedTeamFailure, f"{part} {place}", part=part, **({"failed": outcome} | fields))
        for place, outcome in enumerate(outcomes)
    ]


def figures(rows: Iterable[RedTeamFailure], number: int = 1) -> dict[tuple[str, str], FeedbackFigure]:
    """The figures by kind and name."""
    inputs = MemoryInputs({"red_team_failures": list(rows)})
    made: list[FeedbackFigure] = rows_of(FEEDBACK_FIGURES, GapSettings(round=number), inputs)
    return {(figure.kind, figure.figure): figure for figure in made}


def test_rates_are_of_graded_answers_and_the_gap_is_fed_less_never_fed() -> None:
    made = figures([*graded("fed", 1, 9, 5), *graded("never_fed", 8, 2), *graded("probe", 99, 0)])
    fed, unfed, gap = (
        made["red_team", name] for name in ("fed_failure_rate", "never_fed_failure_rate", "gap")
    )
    assert (fed.value, fed.num_items, fed.num_missing) == (0.1, 10, 5)
    assert (unfed.value, unfed.num_items, unfed.num_missing) == (0.8, 10, 0)
    assert gap.value == pytest.approx(-0.7) and gap.num_items == 20
    # by hand from Wilson's intervals of 1 of 10 (.0179 to .4042) and 8 of 10 (.4902 to .9433)
    assert gap.low == pytest.approx(-0.8651, abs=1e-3) and gap.high == pytest.approx(-0.2658, abs=1e-3)


def test_each_kind_has_its_own_figures_and_other_rounds_none() -> None:
    rows = [*graded("fed", 2, 2, kind="helpful"), *graded("never_fed", 0, 4, kind="helpful", round=2)]
    made = figures(rows)
    assert made["helpful", "fed_failure_rate"].value == 0.5
    for kind, name in (
        ("helpful", "never_fed_failure_rate"),
        ("helpful", "gap"),
        ("red_team", "fed_failure_rate"),
    ):
        figure = made[kind, name]
        assert (figure.value, figure.low, figure.high) == (None, None, None)


def test_prompts_of_one_group_count_as_one() -> None:
    apart = figures(graded("fed", 5, 5))["red_team", "fed_failure_rate"]
    together = figures([row.model_copy(update={"split_group": "g"}) for row in graded("fed", 5, 5)])
    alike = together["red_team", "fed_failure_rate"]
    assert apart.value == alike.value == 0.5
    assert apart.low is not None and alike.low is not None and alike.low < apart.low


def test_a_difference_holds_its_value_and_turns_with_its_sides() -> None:
    few, many = Rate(0.2, 0.1, 0.4, 10, 1), Rate(0.7, 0.5, 0.8, 20, 2)
    gap, back = difference(few, many), difference(many, few)
    assert gap.value is not None and gap.low is not None and gap.high is not None
    assert gap.low < gap.value < gap.high
    assert (back.value, back.low, back.high) == (-gap.value, -gap.high, -gap.low)
    assert (gap.num_items, gap.num_missing) == (30, 3)
