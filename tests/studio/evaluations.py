"""An evaluation of two models to look at: items, answers of both, figures and differences."""

from datasets_registry.registry import Registry
from datasets_registry.rows.evaluation import (
    AnswerTurn,
    EvaluationDifference,
    EvaluationItem,
    Grade,
    SuiteAnswer,
    SuiteFigure,
)
from datasets_registry.rows.imported import ChatMessage
from datasets_registry.rows.row import Row
from datasets_registry.version import Version
from tests.rows import make
from tests.studio.committed import committed

BASE, MODEL = "base_policy", "dpo_policy"
HOSTILE = "</div><script>alert(1)</script>"
NUM_ITEMS = 30


def item(number: int) -> EvaluationItem:
    """An item that has a right answer, but for each fifth."""
    return make(
        EvaluationItem,
        suite="facts" if number < 20 else "riddles",
        item_id=f"item_{number:02d}",
        messages=[ChatMessage(role="user", content=HOSTILE)],
        gold=[] if number % 5 == 0 else ["4"],
    )


def answer(model: str, number: int) -> SuiteAnswer:
    """The base is right on even items, the model on each third; each seventh answer of it failed."""
    asked = item(number)
    right = number % 2 == 0 if model == BASE else number % 3 == 0
    failed = model == MODEL and number % 7 == 0
    said = f"It is {4 if right else 5}, I think."
    turn = AnswerTurn(
        prompt=HOSTILE, completion=said, finish_reason="stop", num_tokens=3, completion_key="answer"
    )
    return make(
        SuiteAnswer,
        model=model,
        suite=asked.suite,
        item_id=asked.item_id,
        turns=[turn],
        grades=[] if failed else [Grade(name="right", value=float(right), keys=["judge_call"])],
        failure="truncated" if failed else None,
    )


def commit_evaluation(registry: Registry) -> Version:
    """Figures of two models' answers to the same items, beside their differences."""
    items = committed(registry, [item(number) for number in range(NUM_ITEMS)], name="evaluation_items")
    answers = [
        committed(
            registry,
            [answer(model, number) for number in range(NUM_ITEMS)],
            items,
            name=f"evaluation_answers/{model}",
        )
        for model in (BASE, MODEL)
    ]
    committed(
        registry, [make(EvaluationDifference, model=MODEL)], *answers, items, name="evaluation_differences"
    )
    figures: list[Row] = [make(SuiteFigure, model=model) for model in (BASE, MODEL)]
    figures.append(make(SuiteFigure, model=MODEL, category="privacy", note="few items"))
    return committed(registry, figures, *answers, items, name="evaluation")
