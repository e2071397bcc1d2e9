"""Figures of the report, recomputed by hand on a few rows."""

from collections.abc import Sequence
from typing import Any

import pytest

from datasets_registry.intervals import mean_interval, wilson_interval
from datasets_registry.rows.oversight.debates import Debate
from datasets_registry.rows.oversight.questions import OversightQuestion
from datasets_registry.rows.oversight.report import OversightFigure
from datasets_registry.rows.rft import Candidate
from datasets_registry.rows.row import Row
from quality.oversight.report import OVERSIGHT_REPORT, ReportSettings
from tests.methods.graphless import MemoryInputs, rows_of
from tests.methods.oversight.oversight_rows import CHAINS, turn
from tests.rows import make

Figures = dict[tuple[str, str], OversightFigure]


def seats(question: str, protocol: str, *p_a: float | None, **fields: Any) -> list[Debate]:
    """A question's two seatings by the judge's probability of a, which is right; none is a failure."""
    return [_seat(question, protocol, swap, p, fields) for swap, p in zip((False, True), p_a, strict=True)]


def _seat(question: str, protocol: str, swap: bool, p_a: float | None, fields: dict[str, Any]) -> Debate:
    verdict = None if p_a is None else "tie" if p_a == 0.5 else "a" if p_a > 0.5 else "b"
    said: dict[str, Any] = {
        "question_id": question,
        "protocol": protocol,
        "swap": swap,
        "p_a": p_a,
        "p_first": None if p_a is None else 1 - p_a if swap else p_a,
        "verdict": verdict,
        "credit": None if verdict is None else {"a": 1.0, "tie": 0.5, "b": 0.0}[verdict],
        "failure": None if verdict else "no choice probabilities",
        "num_tokens": 20,
        "num_debater_tokens": 12,
    }
    return make(Debate, **said | fields)


def report(questions: Sequence[Row], debates: Sequence[Row], candidates: Sequence[Row] = ()) -> Figures:
    """The figures by name and part."""
    inputs = MemoryInputs({"oversight_questions": questions, "debates": debates, "candidates": candidates})
    return {(row.figure, row.part): row for row in rows_of(OVERSIGHT_REPORT, ReportSettings(), inputs)}


QUESTIONS = [make(OversightQuestion, question_id=name, split_group=f"g{name}") for name in "123"]
ALONE: dict[str, Any] = {"argued": "none", "debater": None, "turns": [], "num_debater_tokens": 0}
DEBATES = [
    *seats("1", "debate", 0.9, 0.9),
    *seats("2", "debate", 0.9, 0.2),
    *seats("3", "debate", 0.9, None),
    *seats("1", "naive", 0.9, 0.1, **ALONE),
    *seats("2", "naive", 0.5, 0.5, **ALONE),
    *seats("3", "naive", 0.1, 0.1, **ALONE),
]


def test_figures_are_those_computed_by_hand() -> None:
    figures = report(QUESTIONS, DEBATES)
    debate, naive = figures["accuracy", "debate"], figures["accuracy", "naive"]
    # 1, 1/2 and 1; the seating without a verdict is counted
    assert debate.value == pytest.approx(2.5 / 3) and (debate.num_items, debate.num_missing) == (3, 1)
    assert figures["accuracy_of_all", "debate"].value == pytest.approx((1 + 0.5 + 0.75) / 3)
    assert naive.value == pytest.approx((0.5 + 0.5 + 0) / 3) and naive.says.startswith("floor")
    assert figures["void_share", "debate: no choice probabilities"].value == pytest.approx(1 / 6)
    less = figures["difference", "debate less naive"]
    # of questions 1 and 2, which have every verdict
    assert less.value == pytest.approx((0.5 + 0) / 2) and (less.num_items, less.num_missing) == (2, 1)
    assert (less.low, less.high) == pytest.approx(mean_interval([0.5, 0.0]))
    first, agree = figures["first_seat_share", "debate"], figures["seats_agree", "debate"]
    assert first.value == pytest.approx((0.5 + 1) / 2) and agree.value == 0.5
    assert (agree.low, agree.high) == pytest.approx(wilson_interval(1, 2)) and agree.num_missing == 1
    assert figures["debater_tokens", "debate"].value == 12 and figures["judge_tokens", "debate"].value == 8
    sure, right = (0.9 + 0.9) / 2, 1.0
    by_question = [sure - right, (0.9 + 0.8) / 2 - 0.5, 0.9 - 1]
    assert figures["overconfidence", "debate"].value == pytest.approx(sum(by_question) / 3)
    brier = [0.01, (0.01 + 0.64) / 2, 0.01]
    assert figures["brier_score", "debate"].value == pytest.approx(sum(brier) / 3)


def test_a_gap_is_between_a_policys_samples_and_the_judges_own_answer() -> None:
    chains = [
        make(OversightQuestion, **CHAINS | {"question_id": name, "problem_id": f"p{name}", "policy": policy})
        for name, policy in (("1", "strong"), ("2", "strong"), ("3", "weak"))
    ]
    solved = [
        make(Candidate, f"p{name}", policy=policy, sample=sample, accepted=sample < right)
        for name, policy, right in (("1", "strong", 3), ("2", "strong", 2), ("3", "weak", 1))
        for sample in range(4)
    ]
    of_chains: dict[str, Any] = {"kind": "chains", "turns": [], "debater": "strong"}
    debates = [
        *seats("1", "debate", 0.9, 0.9, **of_chains),
        *seats("2", "debate", 0.2, 0.2, **of_chains),
        *seats("3", "debate", 0.9, 0.9, **of_chains | {"debater": "weak"}),
        # neither solution is its own answer
        *seats("1", "naive", 0.5, 0.5, **ALONE | {"kind": "chains"}),
        *seats("2", "naive", 0.0, 0.0, **ALONE | {"kind": "chains"}),
        *seats("3", "naive", 1.0, 1.0, **ALONE | {"kind": "chains"}),
    ]
    figures = report(chains, debates, solved)
    assert figures["gap", "strong"].value == pytest.approx((0.75 - 0 + 0.5 - 0) / 2)
    assert figures["gap", "weak"].value == pytest.approx(0.25 - 1)
    assert figures["debate_accuracy", "strong"].value == 0.5
    assert figures["debate_gain", "strong"].value == pytest.approx((0.5 + 0) / 2)
    # a likelihood has no seat, and steps quote nothing
    assert ("seats_agree", "debate") not in figures and ("unverified_share", "") not in figures


def test_each_debaters_gap_is_by_its_own_choices_and_says_what_it_lacks() -> None:
    debates = [
        *seats("1", "naive", 0.5, 0.5, **ALONE),
        *(row for debater in ("honest", "liar") for row in seats("1", "debate", 0.9, 0.9, debater=debater)),
        *seats("1", "open_consultancy", 0.9, 0.9, debater="honest", argued="a"),
        *seats("1", "open_consultancy", 0.1, 0.1, debater="liar", argued="b"),
        # the judge alone has no verdict, and nobody chose
        *seats("2", "debate", 0.9, 0.9, debater="liar"),
    ]
    figures = report(QUESTIONS, debates)
    assert (figures["gap", "honest"].value, figures["gap", "liar"].value) == (0.5, -0.5)
    lack = {(row.figure, row.part): row.num_missing for row in figures.values() if row.num_missing}
    assert lack["gap", "liar"] == lack["debate_gain", "liar"] == 1 and ("gap", "honest") not in lack


def test_a_group_with_longer_sides_of_both_kinds_counts_once() -> None:
    questions = [make(OversightQuestion, question_id=name, split_group="g") for name in "12"]
    debates = [
        row
        for name, words_of_a in (("1", 9), ("2", 3))
        for turns in [[turn(num_words=words_of_a), turn(side="b", num_words=6)]]
        for row in seats(name, "debate", 0.9, 0.9, turns=turns)
    ]
    longer = report(questions, debates)["longer_share", "debate"]
    assert (longer.value, longer.num_items, longer.num_groups) == (0.5, 4, 1)
