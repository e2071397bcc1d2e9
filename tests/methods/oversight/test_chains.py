"""Worked solutions: narrowed to the first different step, which a judge compares by likelihood."""

from pathlib import Path

import pytest

from datasets_registry.rows.oversight.questions import OversightQuestion
from generation.request import Completion, Request
from methods.oversight.likelihood import narrowed
from methods.oversight.settings import DebateSettings
from tests.methods.oversight.debating import argues, compares_steps, debated, judges_by_quotes
from tests.methods.oversight.oversight_rows import CHAINS
from tests.rows import make

SETTINGS = DebateSettings(max_samples=9)
FOURS, FIVES = str(CHAINS["answer_a"]), str(CHAINS["answer_b"])
A_RIGHT = make(OversightQuestion, **CHAINS)
B_RIGHT = make(
    OversightQuestion,
    **CHAINS
    | {"question_id": "c2", "gold": "b", "answer_a": FIVES, "answer_b": FOURS, "end_a": "5", "end_b": "4"},
)


def test_solutions_are_narrowed_to_the_first_step_on_which_they_differ() -> None:
    both = narrowed(FOURS, FIVES, "lines")
    assert not isinstance(both, str)
    a, b = both
    assert (a.before, a.step, a.end, a.number) == ("1+1=2\n", "2+2=4", "\n", 2)
    assert (b.before, b.step) == ("1+1=2\n", "2+2=5")


@pytest.mark.parametrize(
    ("a", "b", "said"),
    [
        ("1+1=2\nA:2", "1+1=2\nA:2\nA:3", "one solution goes on where the other ends"),
        ("1+1=2\n\nA:2", "1+1=3\nA:3", "solution a: blank step"),
    ],
)
def test_solutions_that_cannot_be_narrowed_are_rows_with_a_reason(
    a: str, b: str, said: str, tmp_path: Path
) -> None:
    question = make(OversightQuestion, **CHAINS | {"answer_a": a, "answer_b": b})
    rows = debated([question], tmp_path, SETTINGS, compares_steps, compares_steps)
    debates = [row for row in rows if row.protocol == "debate"]
    assert len(debates) == 2 and all(row.failure and said in row.failure for row in debates)
    assert all(row.verdict is None and row.credit is None for row in debates)


def test_every_protocol_judges_solutions_in_both_seatings(tmp_path: Path) -> None:
    rows = debated([A_RIGHT, B_RIGHT], tmp_path, SETTINGS, compares_steps, compares_steps)
    assert len(rows) == 2 * 2 * 7 and not any(row.failure for row in rows)
    assert {row.credit for row in rows} == {1.0} and {row.debater for row in rows} == {None, "lab_policy"}
    for row in rows:
        assert row.p_a is not None and row.p_first == (1 - row.p_a if row.swap else row.p_a)
    steps = next(row for row in rows if row.protocol == "debate" and row.question_id == "c1")
    assert [turn.argument for turn in steps.turns] == ["2+2=4", "2+2=5"]
    assert [turn.completion_key for turn in steps.turns] == ["k", "w"] and len(steps.judge_keys) == 2
    own = [row for row in rows if row.protocol == "self_consistency"]
    assert all(row.num_tokens >= steps.num_tokens and row.num_samples > 1 for row in own)


def test_a_judge_without_an_answer_of_its_own_is_worth_one_half(tmp_path: Path) -> None:
    def lost(request: Request) -> str | Completion:
        return compares_steps(request) if request.continuation else "A:9"

    rows = debated([A_RIGHT], tmp_path, SETTINGS, compares_steps, lost)
    own = [row for row in rows if row.protocol in ("naive", "self_consistency")]
    assert len(own) == 4 and {(row.verdict, row.credit) for row in own} == {("tie", 0.5)}


def test_a_judge_without_likelihoods_gives_reasons(tmp_path: Path) -> None:
    rows = debated([A_RIGHT], tmp_path, SETTINGS, compares_steps, lambda request: "A:4")
    failed = {row.protocol for row in rows if row.failure}
    assert failed == {"direct", "consultancy", "open_consultancy", "debate"}
    assert all("likelihood" in (row.failure or "") for row in rows if row.protocol in failed)


def test_solutions_have_a_judge_of_their_own_where_one_is_named(tmp_path: Path) -> None:
    rows = debated(
        [A_RIGHT, make(OversightQuestion)], tmp_path, SETTINGS, argues, judges_by_quotes, compares_steps
    )
    judges = {(row.question_id == "c1", row.judge) for row in rows}
    assert judges == {(True, "chains_judge"), (False, "judge")} and not any(row.failure for row in rows)
