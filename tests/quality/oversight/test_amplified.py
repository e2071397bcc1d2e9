"""Figures of amplification, recomputed by hand: what trees add by size, and what labels are worth."""

from typing import Any

import pytest

from datasets_registry.intervals import mean_interval
from datasets_registry.rows.oversight.amplified import AmplifiedAnswer
from datasets_registry.rows.oversight.report import OversightFigure
from quality.oversight.report import OVERSIGHT_REPORT, ReportSettings
from tests.methods.graphless import MemoryInputs, rows_of
from tests.rows import make


def root(problem: str, right: bool, direct: bool, size: int, **fields: Any) -> AmplifiedAnswer:
    """A problem of so many numbers, and whether its amplified and its direct answer are right."""
    said: dict[str, Any] = {
        "problem_id": problem,
        "correct": right,
        "direct_correct": direct,
        "difficulty": size,
    }
    return make(AmplifiedAnswer, split_group=f"g{problem}", **said | fields)


def reported() -> dict[tuple[str, str], OversightFigure]:
    """The figures by name and part."""
    failed: dict[str, Any] = {"answer": None, "failure": "no votes"}
    roots = [
        root("1", True, False, 4),
        root("2", False, True, 4),
        root("3", False, False, 8, **failed),
        root("4", True, False, 8),
        root("5", True, False, 8, least_share=0.5),
    ]
    part = root("1", False, False, 2, node_id="part", parent_id="n1", least_share=0.5)
    inputs = MemoryInputs({"amplified_answers": [*roots, part]})
    rows = rows_of(OVERSIGHT_REPORT, ReportSettings(), inputs)
    assert {(row.role, row.of, row.kind) for row in rows} == {("policy", "lab_policy", "problem")}
    return {(row.figure, row.part): row for row in rows}


def test_trees_and_labels_are_measured_by_size() -> None:
    figures = reported()
    amplified, gain = figures["amplified_accuracy", "all"], figures["gain", "all"]
    # a problem without an answer is not right, and is counted
    assert (amplified.value, amplified.num_items, amplified.num_missing) == (0.6, 5, 1)
    assert figures["direct_accuracy", "all"].value == 0.2 and gain.value == pytest.approx(0.4)
    assert (gain.low, gain.high) == pytest.approx(mean_interval([1, -1, 0, 1, 1]))
    assert figures["gain", "symbol_larger 4"].value == 0
    assert figures["amplified_accuracy", "symbol_larger 8"].num_missing == 1
    # problem 5 is right, with too few votes for a label
    assert figures["label_precision", "all"].value == pytest.approx(2 / 3)
    assert figures["label_yield", "all"].value == 0.6
    assert figures["label_precision", "symbol_larger 4"].value == 0.5
    void = figures["void_share", "no votes"]
    assert void.value == 0.2 and void.says == "1 of 5 problems: no votes"
