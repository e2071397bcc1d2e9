"""Items of public sets made of one text that a user says first."""

from collections.abc import Sequence

from datasets_registry.hashing import content_id
from datasets_registry.importing.records import Columns
from datasets_registry.importing.rejection import Rejected
from datasets_registry.rows.evaluation import EvaluationItem
from methods.evaluation.items import said
from methods.evaluation.suite import PLAIN


def text_of(columns: Columns, name: str) -> str:
    """The text of a column; raises Rejected where there is none."""
    text = columns.get(name)
    if not isinstance(text, str) or not text.strip():
        raise Rejected(f"{name} is no text, or empty")
    return text


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
    item_id = content_id(suite, (source, prompt, *follow_ups))
    return EvaluationItem(
        suite=suite,
        item_id=item_id,
        variant=PLAIN,
        cluster=item_id,
        category=category,
        messages=said(prompt),
        follow_ups=list(follow_ups),
        gold=list(gold),
        source=source,
        licence=licence,
    )
