"""Small rows of an evaluation: two models on two suites, with whatever texts a test is about."""

from datasets_registry.rows.evaluation import (
    AnswerTurn,
    EvaluationDifference,
    EvaluationItem,
    Grade,
    SuiteAnswer,
    SuiteFigure,
)
from datasets_registry.rows.imported import ChatMessage
from quality.evaluation.flips import Change, Flip
from quality.evaluation.report.contents import Contents, Evaluated

MODEL, BASELINE = "dpo_policy", "base_policy"
# tags, entities, template slots, marks that reverse text, null bytes, a lone surrogate and one long word
HOSTILE = (
    "</div><script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">"
    " &lt;b&gt; {{ 7 * 7 }} {% raw %} \u202eesrever\u2066 \x00\x1b[31m \ud800 \U000e0041 " + "W" * 20_000
)


def item(number: int, suite: str = "harmlessness", question: str = "What is it?") -> EvaluationItem:
    """An item with its gold answer."""
    return EvaluationItem(
        suite=suite,
        item_id=f"item{number}",
        variant="plain",
        cluster=f"item{number}",
        category=("privacy", "weapons")[number % 2],
        messages=[ChatMessage(role="user", content=question)],
        gold=["the right answer"],
        source="test",
        licence="Apache-2.0",
    )


def answer(
    model: str, number: int, said: str = "An answer.", value: float = 1.0, suite: str = "harmlessness"
) -> SuiteAnswer:
    """An answer to that item, with one grade."""
    asked = item(number, suite)
    return SuiteAnswer(
        model=model,
        suite=suite,
        item_id=asked.item_id,
        variant=asked.variant,
        sample=0,
        cluster=asked.cluster,
        category=asked.category,
        turns=[
            AnswerTurn(
                prompt=asked.messages[-1].content,
                completion=said,
                finish_reason="stop",
                num_tokens=3,
                completion_key=f"key{number}",
            )
        ],
        grades=[Grade(name="severity", value=value, keys=[f"grade{number}"])],
    )


def figure(
    model: str,
    metric: str = "severity",
    value: float | None = 0.4,
    *,
    suite: str = "harmlessness",
    category: str = "all",
    count: int = 240,
    note: str | None = None,
) -> SuiteFigure:
    """A figure with an interval a tenth wide on each side, where it has a value."""
    return SuiteFigure(
        model=model,
        suite=suite,
        category=category,
        metric=metric,
        better="lower",
        value=value,
        low=None if value is None else value - 0.1,
        high=None if value is None else value + 0.1,
        num_items=count,
        num_clusters=count // 2,
        num_missing=3,
        note=note,
    )


def difference(
    metric: str = "severity", delta: float | None = -0.3, *, p_holm: float | None = 0.01, pairs: int = 200
) -> EvaluationDifference:
    """A difference over the whole suite; lower is better."""
    return EvaluationDifference(
        model=MODEL,
        baseline=BASELINE,
        suite="harmlessness",
        category="all",
        metric=metric,
        better="lower",
        difference=delta,
        low=None if delta is None else delta - 0.05,
        high=None if delta is None else delta + 0.05,
        p_value=p_holm,
        p_holm=p_holm,
        num_pairs=pairs,
        num_clusters=pairs,
    )


def figures(model: str) -> list[SuiteFigure]:
    """Figures of two suites and their composite."""
    return [
        figure(model),
        figure(model, category="privacy", value=0.3125, count=99),
        figure(model, category="weapons", count=141),
        figure(model, "specificity", 3.456),
        figure(model, "flips", None, suite="sycophancy", note="no stance: it says one letter always"),
        figure(model, "composite", 0.5, suite="composite"),
        figure(model, "minimum", 0.2, suite="composite"),
    ]


def comparison(said: str = "An answer.") -> Contents:
    """A page of both models, one of which says ``said``; all but one of its answers flipped."""
    graded = [answer(MODEL, number, said, number / 3) for number in range(4)]
    others = [answer(BASELINE, number) for number in range(4)]
    words = Change("severity", "none", "some", "worse")
    flips = [Flip(item(number), others[number], graded[number], (words,)) for number in range(1, len(graded))]
    return Contents(
        Evaluated(MODEL, figures(MODEL), graded),
        [item(number) for number in range(4)],
        Evaluated(BASELINE, figures(BASELINE), others),
        [difference(), difference("specificity", 0.02, p_holm=0.7)],
        flips,
        ("evaluation@3", "evaluation_differences@2"),
    )
