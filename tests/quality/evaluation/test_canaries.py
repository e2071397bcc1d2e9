"""Canaries and models are rated on the same items: those that canaries answered."""

import pytest

from datasets_registry.rows.evaluation import EvaluationItem, SuiteFigure
from datasets_registry.rows.row import Row
from methods.evaluation.suites.helpfulness import HELPFULNESS
from quality.evaluation.answered import answered
from quality.evaluation.canaries import rated_with_canaries
from quality.evaluation.figures import EVALUATION_FIGURES, FigureSettings
from tests.methods.graphless import MemoryInputs, rows_of
from tests.quality.evaluation.graded import answer

ITEMS = [item for item in HELPFULNESS.items() if not item.follow_ups][:8]
# canaries answered these
SHARED = ITEMS[:2]


def answers(on_shared: float, elsewhere: float, canary: float) -> list[Row]:
    """A model's scores on the items that canaries answered and on the others, and a canary's."""
    ours = [
        answer(item, "m", {"score": on_shared if item in SHARED else elsewhere, "longer": 1.0})
        for item in ITEMS
    ]
    return [*ours, *(answer(item, "canary: padded", {"score": canary}) for item in SHARED)]


@pytest.mark.parametrize(
    ("on_shared", "elsewhere", "is_named"), [(2.0, 9.0, True), (6.0, 1.0, False), (5.0, 5.0, False)]
)
def test_a_judge_is_named_by_what_models_have_on_the_canaries_items(
    on_shared: float, elsewhere: float, is_named: bool
) -> None:
    rows = answers(on_shared, elsewhere, 5.0)
    inputs = MemoryInputs({EvaluationItem.dataset: [*ITEMS], "evaluation_answers": rows})
    figures: list[SuiteFigure] = rows_of(EVALUATION_FIGURES, FigureSettings(judge="j"), inputs)
    (note,) = {row.note for row in figures if (row.metric, row.category) == ("score", "all")}
    assert (note is not None) == is_named
    if is_named:
        assert note is not None and note.endswith("above the median model's 2 on the same items")


def test_nothing_is_rated_where_no_canary_answered_and_only_what_answers_give_elsewhere() -> None:
    asked = answered(ITEMS, [row for row in answers(2.0, 9.0, 5.0) if getattr(row, "model", "") == "m"])  # type: ignore[misc]
    assert rated_with_canaries(asked) == {}
