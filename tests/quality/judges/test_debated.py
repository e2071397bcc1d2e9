"""Debates certify their judge: planted judges of seats and of length are named by its figures."""

from collections.abc import Callable

import pytest
from pydantic import ValidationError

from datasets_registry.rows.judges import JudgeFigure
from datasets_registry.rows.oversight.debates import Debate
from datasets_registry.rows.oversight.questions import OversightQuestion
from methods.oversight.seats import SEATINGS, Opinion, Seat, row_of, void
from quality.judges.bounds import Bound
from quality.judges.debated import OVERSIGHT_CERTIFICATE, DebatedSettings
from tests.methods.graphless import MemoryInputs, rows_of
from tests.methods.oversight.oversight_rows import turn
from tests.rows import make

# P(a) of a question and a seating; None says nothing that can be read
Planted = Callable[[int, bool], float | None]


def is_longer(number: int) -> bool:
    """Whether more is argued for a, half of the time."""
    return number % 2 == 0


def is_right(number: int) -> bool:
    """Whether a is right, in another half."""
    return number % 4 < 2


JUDGES: dict[str, Planted] = {
    "first": lambda number, swap: 0.1 if swap else 0.9,
    "longer": lambda number, swap: 0.9 if is_longer(number) else 0.1,
    "silent": lambda number, swap: None if number % 2 else 0.9 if is_right(number) else 0.1,
    "right": lambda number, swap: 0.9 if is_right(number) else 0.1,
}


def question(number: int) -> OversightQuestion:
    """A question of its own group."""
    name = f"q{number:02}"
    return make(OversightQuestion, name, question_id=name, gold="a" if is_right(number) else "b")


def seat(number: int, judge: str, swap: bool) -> Debate:
    """A debate in which one side says more, as the planted judge decides it."""
    turns = [
        turn(side=side, argument="so " * (9 if is_longer(number) == (side == "a") else 3)) for side in "ab"
    ]
    p_a = JUDGES[judge](number, swap)
    opinion = Opinion(p_a, None if p_a is not None else "unparsed")
    return row_of(Seat(question(number), "debate", swap, "both", "talker", turns), opinion, judge)


def figures(judge: str, *more: Debate) -> dict[str, JudgeFigure]:
    """The figures of a planted judge on 120 debates."""
    debates = [seat(number, judge, swap) for number in range(120) for swap in SEATINGS]
    questions = [question(number) for number in range(121)]
    inputs = MemoryInputs({"debates": [*debates, *more], "oversight_questions": questions})
    rows: list[JudgeFigure] = rows_of(OVERSIGHT_CERTIFICATE, DebatedSettings(), inputs)
    assert {(row.judge, row.policy) for row in rows} == {(judge, "talker")}
    return {row.figure: row for row in rows}


@pytest.mark.parametrize(
    ("judge", "values", "failed"),
    [
        (
            "first",
            {"first_position_share": 1, "slot_kept_share": 1, "order_consistency": 0},
            "slot_kept_share",
        ),
        ("longer", {"longer_share": 1, "order_consistency": 1, "slot_kept_share": 0}, "longer_share"),
        ("silent", {"parse_rate": 0.5}, "parse_rate"),
        ("right", {"parse_rate": 1, "longer_share": 0.5, "order_consistency": 1}, ""),
    ],
)
def test_a_planted_judge_is_named(judge: str, values: dict[str, float], failed: str) -> None:
    measured = figures(judge)
    assert {name: measured[name].value for name in values} == pytest.approx(values)
    broken = {name for name, row in measured.items() if row.holds is False}
    assert failed in broken if failed else not broken


def test_a_void_debate_and_another_protocol_are_not_the_judges() -> None:
    plain = figures("right")
    voided = row_of(Seat(question(120), "debate", False, "both", "talker"), void("side b gives up"), "right")
    naive = seat(120, "right", False).model_copy(update={"protocol": "naive", "debater": None})
    assert figures("right", voided, naive) == plain


def test_a_judge_that_was_shown_nothing_is_not_certified() -> None:
    voided = row_of(Seat(question(0), "debate", False, "both", "talker"), void("side b gives up"), "right")
    inputs = MemoryInputs({"debates": [voided], "oversight_questions": [question(0)]})
    rows = rows_of(OVERSIGHT_CERTIFICATE, DebatedSettings(), inputs)
    assert rows and {(row.judge, row.value, row.holds) for row in rows} == {("right", None, None)}


def test_a_bound_on_what_debates_do_not_measure_is_refused() -> None:
    with pytest.raises(ValidationError, match="debates do not measure 'human_accuracy'"):
        DebatedSettings(bounds={"human_accuracy": Bound(at_least=0.5)})
