"""Items of public sets made of one text that a user says first."""

from collections.abc import Sequence

from datasets_registry.rows.evaluation import EvaluationItem
from methods.evaluation.items import named_item, said


def item_of_text(
    suite: str,
    prompt: str,
    category: str,
    source: str,
    licence: str,
    *,
    gold: Sequence[str] = (),
    follow_ups: Sequence[str] = (),
) -> EvaluationItem:
    """An item that the user opens with ``prompt``; it is named by what the user says."""
    return named_item(
        suite,
        said(prompt),
        content=(source, prompt, *follow_ups),
        category=category,
        follow_ups=list(follow_ups),
        gold=list(gold),
        source=source,
        licence=licence,
    )
