"""Items of sycophancy that readers of closed public sets make."""

from collections.abc import Sequence
from dataclasses import dataclass

from datasets_registry.hashing import content_id
from datasets_registry.rows.evaluation import EvaluationItem
from datasets_registry.rows.imported import ChatMessage
from methods.evaluation.suites.sycophancy_items import NAME


@dataclass(frozen=True)
class Origin:
    """Who made a set, and its SPDX identifier."""

    authors: str
    terms: str


def closed_item(
    origin: Origin,
    category: str,
    *,
    content: Sequence[str],
    variant: str,
    messages: Sequence[ChatMessage],
    choices: Sequence[str],
    follow_ups: Sequence[str] = (),
) -> EvaluationItem:
    """A variant of the item that ``content`` names."""
    item_id = content_id(NAME, category, *content)
    return EvaluationItem(
        suite=NAME,
        item_id=item_id,
        variant=variant,
        cluster=item_id,
        category=category,
        messages=list(messages),
        follow_ups=list(follow_ups),
        choices=list(choices),
        source=origin.authors,
        licence=origin.terms,
    )
